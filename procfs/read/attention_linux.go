package read

import (
	"os"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Attention reads how a process of a container handles signals. Most of it needs the right to
// trace the process. What is spent on the files, threads and descriptors of all processes of a
// container is limited, and so is the time of waiting for their files. An error means that
// there is no such process now.
func (f FS) Attention(container string, pid int, programs *Programs) (procfs.Attention, error) {
	d, err := f.openProcess(pid)
	if err != nil {
		return procfs.Attention{}, err
	}
	defer d.close()
	before, err := d.stat()
	if err != nil {
		return procfs.Attention{}, err
	}
	d.spend = programs.allowance(container)
	key := procfs.Key{PID: before.PID, StartTicks: before.StartTicks}
	a := procfs.Attention{Key: key, Program: programs.of(key, d.spend)}
	bits := 64
	if program, ok := a.Program.Get(); ok {
		bits = program.Bits
	}
	tids, cut, err := d.someThreads()
	if err != nil {
		return procfs.Attention{}, err
	}
	a.Threads, a.ThreadsCut = d.threadsAttention(tids, bits), cut
	if data, err := d.read("status"); err == nil {
		if status, err := procfs.ParseStatus(data); err == nil {
			a.Handling = &procfs.Handling{Ignored: status.Signals.Ignored, Caught: status.Signals.Caught}
		}
	}
	a.SignalFDs, a.Stdin = d.signalFDs(), d.descriptor("0")
	if program, ok := a.Program.Get(); ok && programs.wantsScript(program) {
		a.Script = f.script(key, d.spend)
	}
	if program, ok := a.Program.Get(); ok && programs.wantsClients(program) {
		a.Clients = d.clients()
	}
	if after, err := d.stat(); err != nil || after.StartTicks != before.StartTicks {
		return procfs.Attention{}, os.ErrNotExist
	}
	return a, nil
}

// someThreads are the threads that may be looked at, the main thread first. cut is true if
// there are more.
func (d processDir) someThreads() (tids []int, cut bool, err error) {
	if tids, err = d.threads(); err != nil {
		return nil, false, err
	}
	if main := slices.Index(tids, d.pid); main > 0 { // the PIDs have wrapped since
		tids = slices.Insert(slices.Delete(tids, main, main+1), 0, d.pid)
	}
	most := max(d.spend.takeThreads(len(tids)), min(1, len(tids)))
	return tids[:most], most < len(tids), nil
}
