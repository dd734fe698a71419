package explain

// These are tested directly by the tests in this folder.
var (
	OOMBetween     = oomBetween
	OOMKilledAt    = oomKilledAt
	OwnerOfGroup   = ownerOfGroup
	NoOOMKillSince = noOOMKillSince
)
