// Package metrics writes and serves what package measure has found, in the exposition formats of
// Prometheus. Only this package imports the client of Prometheus, and only it listens on a
// socket.
//
// It does not know how a host is looked at. That is a Host, which is asked for one look after
// another. Scrapes that come together share one look (share.go). Every scrape has a deadline
// (deadline.go), and is answered before it: with current numbers, or with pidns_up 0. Numbers of
// an earlier look are never shown again.
package metrics
