package read

import (
	"os"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Attention reads what a process listens to. Most of it needs the right to
// trace the process. An error means that there is no such process now.
func (f FS) Attention(pid int, programs *Programs) (procfs.Attention, error) {
	d, err := f.openProcess(pid)
	if err != nil {
		return procfs.Attention{}, err
	}
	defer d.close()
	before, err := d.stat()
	if err != nil {
		return procfs.Attention{}, err
	}
	a := procfs.Attention{Key: procfs.Key{PID: before.PID, StartTicks: before.StartTicks}, Program: programs.Of(pid)}
	bits := 64
	if program, ok := a.Program.Get(); ok {
		bits = program.Bits
	}
	tids, err := d.threads()
	if err != nil {
		return procfs.Attention{}, err
	}
	a.Threads = d.threadsAttention(tids, bits)
	if data, err := d.read("status"); err == nil {
		if status, err := procfs.ParseStatus(data); err == nil {
			a.Handling = &procfs.Handling{Ignored: status.Signals.Ignored, Caught: status.Signals.Caught}
		}
	}
	a.SignalFDs, a.Stdin = d.signalFDs(), d.descriptor("0")
	if program, ok := a.Program.Get(); ok && programs.wantsScript(program) {
		a.Script = d.script()
	}
	if after, err := d.stat(); err != nil || after.StartTicks != before.StartTicks {
		return procfs.Attention{}, os.ErrNotExist
	}
	return a, nil
}
