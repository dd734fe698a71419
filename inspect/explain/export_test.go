package explain

// These are tested directly by the tests beside this file.
var (
	OOMBetween     = oomBetween
	OOMKilledAt    = oomKilledAt
	OwnerOfGroup   = ownerOfGroup
	NoOOMKillSince = noOOMKillSince
)
