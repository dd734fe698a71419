package explain

// What the tests beside this file look at by itself.
var (
	OOMBetween     = oomBetween
	OOMKilledAt    = oomKilledAt
	OwnerOfGroup   = ownerOfGroup
	NoOOMKillSince = noOOMKillSince
	OOMIsItsOwn    = oomIsItsOwn
)
