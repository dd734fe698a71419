package main

import (
	"bytes"

	"github.com/docker-pidns/docker-pidns/inspect/explain"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// addRules adds what the rules say of themselves, and what is claimed to be certain.
func (d documents) addRules() {
	var rules, claims bytes.Buffer
	render.RulesDocument(&rules, rule.All())
	render.CertaintyDocument(&claims, signal.Claims(), explain.Claims())
	d["docs/rules.md"], d["docs/certainty.md"] = rules.Bytes(), claims.Bytes()
}
