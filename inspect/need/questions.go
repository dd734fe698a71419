package need

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// mostListeners is of how many processes of a container the signal handling is read.
// everyListener is enough for all.
const (
	mostListeners = 100
	everyListener = 1 << 20
)

// defaultSettle is the time until the second look of commands that have no option for it.
const defaultSettle = time.Second

// Tree asks for the processes of containers, and for the containers that share their namespaces.
func Tree(names []string) Question {
	return Question{
		Containers: names,
		Processes:  Processes{Suffices: &ForTrees, Entered: true, Namespaces: procfs.NamespaceTypes},
		Engine:     Engine{Units: true, Sharers: ProvenSharers, Execs: true},
	}
}

// Zombies asks for zombies, where they came from, and which process has not reaped them.
func Zombies(names []string, settle time.Duration) Question {
	return Question{
		Containers: names, Settle: settle,
		Processes: Processes{Suffices: &ForZombies, Heirs: true},
		Engine:    Engine{Units: true, Sharers: ifNamed(names, ProvenSharers), Execs: true, PastExecs: true},
	}
}

// HostPIDs asks for the main process of every running container, and for the number of its
// processes.
func HostPIDs() Question {
	return Question{Processes: Processes{Suffices: &ForHostPIDs}, Engine: Engine{Units: true}}
}

// MainPID asks for the main process of one container. With rows, it asks for everything that a
// row shows of it.
func MainPID(name string, rows bool) Question {
	return Question{Containers: []string{name}, Processes: Processes{Reach: Mains, Namespaces: rowNamespaces(rows)}, Engine: Engine{Units: rows}}
}

// ContainerPIDs asks for processes by their PIDs in the container's PID namespace.
func ContainerPIDs(name string, rows bool) Question {
	return Question{
		Containers: []string{name},
		Processes:  Processes{Members: true, Namespaces: rowNamespaces(rows)},
		Engine:     Engine{Units: rows, Sharers: ProvenSharers, Execs: true},
	}
}

// rowNamespaces are the namespaces that rows show. PIDs alone need only what is always read.
func rowNamespaces(rows bool) []procfs.NamespaceType {
	if !rows {
		return nil
	}
	return procfs.NamespaceTypes
}

// Who asks to which containers these processes or threads belong, and their roles. For those of
// no container, it asks which containers' namespaces they have entered.
func Who(numbers []int) Question {
	types := procfs.NamespaceTypes
	if len(numbers) > fewNumbers { // then they are read for every process of the host
		types = []procfs.NamespaceType{procfs.PIDNamespace, procfs.NetNamespace}
	}
	return Question{Numbers: numbers, Processes: Processes{Namespaces: types}, Engine: Engine{Units: true, Execs: true}}
}

// Owners asks to which containers these processes or threads belong. With ids, it also asks for
// the names of all containers of the engine, running or not.
func Owners(numbers []int, ids bool) Question {
	q := Question{Numbers: numbers, Engine: Engine{AllNames: ids}}
	if len(numbers) == 0 {
		q.Processes.Reach = Nobody
	}
	return q
}

// Namespaces asks which containers have and share namespaces.
func Namespaces(names []string) Question {
	return Question{
		Containers: names,
		Processes:  Processes{Suffices: &ForNamespaces, Namespaces: procfs.NamespaceTypes},
		Engine:     Engine{Units: true, Sharers: AllSharers, Successors: true},
	}
}

// Limits asks which limit the next fork of containers reaches first, and which containers use it
// up.
func Limits(names []string) Question {
	return Question{
		Containers: names,
		Processes: Processes{
			Reach: Host, Suffices: &ForLimits, Limits: true,
			Namespaces: []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace},
		},
		Engine: Engine{Units: true, Sharers: AllSharers},
	}
}

// Signals asks what docker stop will do to containers. With every, it asks about each of their
// processes, otherwise about as many as an answer about PID 1 needs.
func Signals(names []string, settle time.Duration, every bool) Question {
	attention := mostListeners
	if every {
		attention = everyListener
	}
	return Question{
		Containers: names, Settle: settle,
		Processes: Processes{
			Suffices: &ForSignals, Members: true, Entered: true, Attention: attention,
			Namespaces: []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace},
		},
		Engine: Engine{Units: true, Sharers: ifNamed(names, AllSharers), Execs: true, Events: len(names) > 0},
	}
}

// Overview asks how many processes of which kind every running container has.
func Overview(settle time.Duration) Question {
	return Question{
		Settle:    settle,
		Processes: Processes{Suffices: &ForOverview},
		Engine:    Engine{Execs: true},
	}
}

// Doctor asks for everything that rules need.
func Doctor(names []string, settle time.Duration) Question {
	processes := everything(&ForEverything)
	processes.OOM = true
	return Question{
		Containers: names, Settle: settle, Processes: processes,
		Engine: Engine{Units: true, Sharers: ifNamed(names, AllSharers), Execs: true, PastExecs: true, Listing: true, Words: true, Successors: true},
	}
}

// Metrics asks for the numbers of every running container, and for what the rules find. It does
// not ask for what only their sentences need.
func Metrics(settle time.Duration) Question {
	q := Doctor(nil, settle)
	q.Engine.Units, q.Engine.Words = false, false
	return q
}

// Explain asks for everything about one container, running or not.
func Explain(name string) Question {
	processes := everything(&ForEverything)
	processes.OOM = true
	return Question{
		Containers: []string{name}, Settle: defaultSettle, Processes: processes,
		Engine: Engine{Units: true, Sharers: AllSharers, Execs: true, PastExecs: true, Events: true, Words: true},
	}
}

// Snapshot asks for everything that any command asks for.
func Snapshot(settle time.Duration) Question {
	processes := everything(nil)
	processes.Threads, processes.OOM = true, true
	return Question{
		Settle: settle, Processes: processes,
		Engine: Engine{Name: true, Units: true, Sharers: AllSharers, Execs: true, PastExecs: true, Listing: true, Ended: true, Events: true},
	}
}

// Trace asks for the main process and the shim of every running container, and the PID namespace
// that it has. With everything, it asks for every process.
func Trace(everything bool) Question {
	q := Question{Processes: Processes{Reach: Mains, Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}}}
	if everything {
		q.Processes.Reach = Host
	}
	return q
}

// Version asks what the engine is, and whether the processes are those of its host.
func Version() Question {
	return Question{Processes: Processes{Reach: Mains}, Engine: Engine{Name: true}}
}

func everything(suffices *Survey) Processes {
	return Processes{Reach: Host, Suffices: suffices, Limits: true, Attention: mostListeners, Namespaces: procfs.NamespaceTypes}
}

// ifNamed is how much is needed of the other containers if some were named. If none was named,
// all are in question.
func ifNamed(names []string, sharers Sharers) Sharers {
	if len(names) == 0 {
		return NoSharers
	}
	return sharers
}
