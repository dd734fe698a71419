// Package measure turns one look at a host into numbers for Prometheus: how many zombies a
// container has, how many PIDs are left to it, what docker stop will do.
//
// It decides nothing that another room has decided. Zombies are those of package zombie, limits
// those of package limit, forecasts those of package signal, and findings those of package rule.
//
// A number that could not be read has no sample. Another sample says so, which has its name
// (ContainerUnread, HostUnread, RuleUnread). So 0 always means none.
//
// The package knows no exposition format. It returns families of samples as plain data.
package measure
