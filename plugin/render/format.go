package render

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/docker/cli/cli/command/formatter"
	"github.com/docker/cli/templates"
)

// Format is the value of --format.
type Format string

// IsDefault reports whether rows, verdicts and hints are wanted.
func (f Format) IsDefault() bool { return f == "" }

// IsPlainTable reports whether rows alone are wanted, in the columns that the command has by default.
func (f Format) IsPlainTable() bool { return f == formatter.TableFormatKey }

// Check reports whether a template parses.
func (f Format) Check() error {
	if f.IsDefault() || f.IsPlainTable() || formatter.Format(f).IsJSON() {
		return nil
	}
	if _, err := templates.Parse(strings.TrimPrefix(string(f), formatter.TableFormatKey)); err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	return nil
}

// ListOptions are what all lists have in common.
type ListOptions struct {
	Format Format
	// Quiet: the natural key alone.
	Quiet bool
	// NoTrunc: nothing is cut or folded.
	NoTrunc bool
	// Host is the engine's name.
	Host string
}

// writeRows writes rows by docker's own formatter: json is one object a line,
// anything else a Go template over the same keys. Text that a process chose is
// escaped in tables and on terminals; json has it whole, and so has a template
// whose output goes to a program.
func writeRows[T formatter.SubContext](s Screen, format Format, rows []T) error {
	return writeEach(s, format, slices.Values(rows))
}

// rowsAtOnce is how many rows the formatter keeps before it writes them: it would keep
// all. Only a table must be known whole before its columns have a width.
const rowsAtOnce = 1000

// writeEach does so with rows that are made one by one, where they are many.
func writeEach[T formatter.SubContext](s Screen, format Format, rows iter.Seq[T]) error {
	context := formatter.Context{Output: s.Out, Format: formatter.Format(format)}
	escape := context.Format.IsTable() || s.Width > 0 && !context.Format.IsJSON()
	next, stop := iter.Pull(rows)
	defer stop()
	var empty T
	var err error
	for more := true; more && err == nil; {
		err = context.Write(empty, func(write func(formatter.SubContext) error) error {
			for written := 0; written < rowsAtOnce || context.Format.IsTable(); written++ {
				row, ok := next()
				if more = ok; !ok {
					return nil
				}
				if escape {
					escapeText(reflect.ValueOf(&row).Elem())
				}
				if err := write(row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var unknown template.ExecError
	switch {
	case errors.As(err, &unknown) && strings.Contains(err.Error(), "can't evaluate field"):
		return fmt.Errorf("--format: %q names no key of this command; it has %s", format, strings.Join(keysOf(reflect.TypeOf(empty)), ", "))
	case err != nil:
		return fmt.Errorf("--format: %w", err)
	default:
		return nil
	}
}

// keysOf are the names of a row's keys, in their order.
func keysOf(row reflect.Type) []string {
	var keys []string
	for i := range row.NumField() {
		if field := row.Field(i); field.Anonymous {
			keys = append(keys, keysOf(field.Type)...)
		} else {
			keys = append(keys, field.Name)
		}
	}
	return keys
}

// escapeText escapes every string of a row's keys, in lists and values of any type too.
// It changes no list in place: others may hold it.
func escapeText(v reflect.Value) {
	switch kind := v.Kind(); {
	case kind == reflect.Struct:
		for i := range v.NumField() {
			escapeText(v.Field(i))
		}
	case !v.CanSet():
	case kind == reflect.String:
		v.SetString(string(Escape(v.String())))
	case kind == reflect.Slice && !v.IsNil():
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range list.Len() {
			escapeText(list.Index(i))
		}
		v.Set(list)
	case kind == reflect.Interface && !v.IsNil():
		held := reflect.New(v.Elem().Type()).Elem()
		held.Set(v.Elem())
		escapeText(held)
		v.Set(held)
	}
}

// writeQuiet writes the natural key of each row alone on a line.
func writeQuiet(out io.Writer, keys []int) error {
	for _, key := range keys {
		if _, err := fmt.Fprintln(out, key); err != nil {
			return err
		}
	}
	return nil
}

// headings are those of "table TEMPLATE", by key.
var headings = formatter.SubHeaderContext{
	"Host": "HOST", "Container": "CONTAINER", "ContainerID": "CONTAINER ID",
	"HostPID": "HOST PID", "ContainerPID": "CTR PID", "PIDs": "PIDS", "ParentHostPID": "PARENT HOST PID",
	"ParentContainerPID": "PARENT CTR PID", "UID": "USER", "HostUID": "HOST USER", "State": "S",
	"StartedAt": "STARTED AT", "ElapsedSeconds": "ELAPSED", "Role": "ROLE", "NSInit": "NS INIT", "ExecID": "EXEC ID",
	"Zombie": "ZOMBIE", "Exit": "EXIT", "ExitCode": "EXIT CODE", "Signal": "SIGNAL", "CoreDumped": "CORE DUMPED",
	"Comm": "COMM", "Command": "COMMAND", "Args": "ARGS", "Absent": "ABSENT", "Parent": "PARENT",
	"ParentContainer": "PARENT CONTAINER", "Origin": "FROM", "OriginCertainty": "CERTAINTY", "Cause": "CAUSE",
	"InitCures": "INIT CURES", "SeenFirst": "SEEN FIRST", "SeenLast": "SEEN LAST", "StartedBy": "STARTED BY",
	"Processes": "PROCS", "Zombies": "ZOMBIES", "Status": "STATUS", "MainThreadExited": "MAIN THREAD EXITED",
	"Threads": "THREADS", "ContainerCertainty": "CONTAINER CERTAINTY", "ThreadOf": "THREAD OF", "Unit": "UNIT", "Via": "VIA",
	"LeftNamespaces": "LEFT", "LeftThreads": "LEFT THREADS", "Version": "VERSION", "GoVersion": "GO VERSION", "Schema": "SCHEMA", "Endpoint": "ENDPOINT",
	"EngineVersion": "ENGINE VERSION", "APIVersion": "API VERSION", "EngineAnswers": "ENGINE ANSWERS", "KernelRelease": "KERNEL",
	"CgroupVersion": "CGROUP", "ProcRoot": "PROC", "ProcIsEngines": "IS ENGINE'S", "Proof": "PROOF", "EUID": "EUID",
	"CanPtrace": "CAN PTRACE", "HidePID": "HIDEPID", "TakenAt": "TAKEN AT", "Collector": "COLLECTOR", "CollectorReason": "COLLECTOR REASON", "Subreaper": "SUBREAPER",
	"StopSignal": "STOP SIGNAL", "StopTimeoutSeconds": "STOP TIMEOUT", "Forecast": "FORECAST", "Certainty": "SURE", "Blocker": "BLOCKER",
	"Reaps": "REAPS", "ReapsWhy": "REAPS WHY", "Evidence": "EVIDENCE", "Unheard": "UNHEARD", "Cure": "CURE",
	"Number": "NO", "Disposition": "DISPOSITION", "DefaultAction": "BY DEFAULT", "Blocked": "BLOCKED", "Pending": "PENDING", "Awaited": "AWAITED", "Hears": "IF SENT",
	"Change": "CHANGE", "Kind": "KIND",
	"Topic": "TOPIC", "Other": "OTHER", "Effect": "EFFECT", "Text": "TEXT",
	"Rule": "RULE", "Severity": "SEVERITY", "StartTicks": "START TICKS", "Now": "NOW", "NowEffect": "NOW EFFECT",
	"Limit": "LIMIT", "Path": "PATH", "Scope": "SCOPE", "Used": "USED", "Max": "MAX", "Left": "LEFT", "Refused": "REFUSED",
	"First": "FIRST", "FirstCertainty": "CERTAINTY", "Exempt": "EXEMPT", "HeldBy": "HELD BY",
	"Type": "TYPE", "Mode": "MODE", "Declared": "DECLARED", "Inode": "INODE", "Owner": "OWNER", "Members": "MEMBERS", "Verdict": "VERDICT",
}
