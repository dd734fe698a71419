package procfs

import (
	"os"
)

// Attention reads what a process listens to. Most of it needs the right to
// trace the process. An error means that there is no such process now.
func (f FS) Attention(pid int, programs *Programs) (Attention, error) {
	d, err := f.openProcess(pid)
	if err != nil {
		return Attention{}, err
	}
	defer d.close()
	before, err := d.stat()
	if err != nil {
		return Attention{}, err
	}
	a := Attention{Key: Key{PID: before.PID, StartTicks: before.StartTicks}, Program: programs.Of(pid)}
	bits := 64
	if program, ok := a.Program.Get(); ok {
		bits = program.Bits
	}
	tids, err := d.threads()
	if err != nil {
		return Attention{}, err
	}
	a.Threads = d.threadsAttention(tids, bits)
	if data, err := d.read("status"); err == nil {
		if status, err := ParseStatus(data); err == nil {
			a.Handling = &Handling{Ignored: status.Signals.Ignored, Caught: status.Signals.Caught}
		}
	}
	a.SignalFDs, a.Stdin = d.signalFDs(), d.descriptor("0")
	if program, ok := a.Program.Get(); ok && programs.wantsScript(program) {
		a.Script = d.script()
	}
	if after, err := d.stat(); err != nil || after.StartTicks != before.StartTicks {
		return Attention{}, os.ErrNotExist
	}
	return a, nil
}
