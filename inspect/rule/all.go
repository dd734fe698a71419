package rule

// all has a line for each rule.
var all = []Rule{
	zombiesUnreaped,
	nestedInitZombies,
	initDoesNotReap,
	stopIgnored,
	stopSignalMismatch,
	stopDelayed,
	workersKilledUnheard,
	doubleInit,
	initNotFirst,
	initDropped,
	mainThreadExited,
	initCannotFinish,
	shimStopped,
	leftovers,
	uninterruptible,
	execLongRunning,
	staleJoin,
	ownerGone,
	limitNear,
	hostNamespace,
	undeclaredHost,
	namespaceLeft,
	nestedNamespace,
}
