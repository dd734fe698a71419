package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A container that continues in the namespace of one that does not run is a warning, with what
// restores both, or that this is impossible because the owner was removed.
func TestOwnerGone(t *testing.T) {
	to := func(ref string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.NetworkMode = "container:" + ref }
	}
	status := func(s string) func(*inspect.Container) { return func(c *inspect.Container) { c.Status = s } }
	vpns := map[procfs.NamespaceType]uint64{procfs.NetNamespace: 213}
	const joined, lost = "error demo 301: Still uses the network of ", " That network has lost its interfaces."
	const removed = " This container cannot be started again once it stops. Recreate it."
	hosts{
		"stopped": {now: beside(to("vpn"), nil).Without(201).Declared("vpn", status("exited")), want: []string{joined + "vpn, which has exited." + lost + " | docker start vpn && docker restart demo"}},
		"removed": {now: beside(to(ID("c")), nil), want: []string{joined + "cccccccccccc, which was removed." + lost + removed + " |  | recreate the container with --network container:OWNER, where OWNER is the container that replaced cccccccccccc"}},
		"of two types": {now: beside(func(c *inspect.Container) { c.NetworkMode, c.IPCMode = "container:gone", "container:gone" }, nil), want: []string{
			joined + "gone, which was removed." + lost + removed + " |  | recreate the container with --network container:OWNER, where OWNER is the container that replaced gone",
			"warning demo 301: Still uses the ipc namespace of gone, which was removed. This container cannot be started again once it stops. Recreate it. |  | recreate the container with --ipc container:OWNER, where OWNER is the container that replaced gone"}},
		"it runs":           {now: beside(to("vpn"), vpns)},
		"it is paused":      {now: beside(to("vpn"), vpns).Declared("vpn", status("paused"))},
		"restarted since":   {now: beside(to("vpn"), nil).Alter(201, StartedAt(900))},
		"it joined nobody":  {now: beside(undeclared, nil).Without(201).Declared("vpn", status("exited"))},
		"it cannot be read": {now: beside(to(ID("c")), nil).Alter(301, unreadNamespaces)},
	}.hold(t, "owner-gone")
}
