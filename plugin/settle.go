package plugin

import (
	"time"

	"github.com/spf13/pflag"
)

// settleOption is --settle of the commands that look at zombies twice.
type settleOption struct{ settle time.Duration }

// settleHelp is for commands that show more than zombies.
const settleHelp = "Wait, then look at zombies again (0: look once)"

func (o *settleOption) install(flags *pflag.FlagSet, help string) {
	flags.DurationVar(&o.settle, "settle", time.Second, help)
}

func (o *settleOption) check() error { return checkNotNegative("settle", o.settle) }

func checkNotNegative(option string, value time.Duration) error {
	if value < 0 {
		return misused("--%s %s: must be 0 or more", option, value)
	}
	return nil
}
