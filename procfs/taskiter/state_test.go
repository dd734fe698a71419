package taskiter

import "testing"

func TestStateOf(t *testing.T) {
	for name, test := range map[string]struct {
		state, exitState uint32
		want             string
	}{
		"running":                         {0, 0, "R"},
		"sleeping":                        {0x1, 0, "S"},
		"sleeping, may be frozen":         {0x2001, 0, "S"},
		"waiting for a device":            {0x2, 0, "D"},
		"waiting, and may be killed":      {0x102, 0, "D"},
		"idle":                            {0x402, 0, "I"},
		"idle, may be killed":             {0x502, 0, "I"},
		"stopped":                         {0x104, 0, "T"},
		"traced":                          {0x8, 0, "t"},
		"dead":                            {0x80, 0x10, "X"},
		"a zombie":                        {0x80, 0x20, "Z"},
		"parked":                          {0x40, 0, "P"},
		"waking":                          {0x200, 0, "R"},
		"new":                             {0x800, 0, "R"},
		"frozen":                          {0x8000, 0, "D"},
		"waiting for a sleeping spinlock": {0x1000, 0, "D"},
		"all at once":                     {0xffffffff, 0xffffffff, "D"},
	} {
		if got := stateOf(test.state, test.exitState); string(got) != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
