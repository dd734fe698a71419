package plugin

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/docker/cli/cli"
	"github.com/spf13/cobra"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func (app *App) newVersionCommand() *cobra.Command {
	var options commonOptions
	var format string
	cmd := &cobra.Command{
		Use:   "version [OPTIONS]",
		Short: "Show versions, whether this /proc is the engine's, and what may be read here",
		Args:  cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.runVersion(cmd.Context(), &options, render.Format(format))
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	options.install(cmd.Flags())
	cmd.Flags().StringVar(&format, "format", "", formatHelp)
	app.completeFlags(cmd)
	return cmd
}

func (app *App) runVersion(ctx context.Context, options *commonOptions, format render.Format) error {
	if err := format.Check(); err != nil {
		return wrongUse(err)
	}
	facts := []render.Fact{{Name: "docker pidns", Text: fmt.Sprintf("%s (%s %s/%s, snapshot schema %d.%d)",
		app.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, inspect.SchemaMajor, inspect.SchemaMinor)}}
	capture, refused, err := app.captureForVersion(ctx, options)
	if err != nil {
		if format.IsDefault() {
			app.screen(options).Facts(facts)
		}
		return err
	}
	ix := inspect.NewIndex(capture)
	if !format.IsDefault() && !format.IsPlainTable() {
		err := cmp.Or(app.screen(options).Version(app.versionKeys(ix, options), format), refused)
		return cmp.Or(err, exitWith(app.tellOfAll(capture)))
	}
	if options.From != "" {
		facts = append(facts, render.Fact{Name: "snapshot", Text: fmt.Sprintf("taken %s by docker pidns %s; what follows held then", capture.Snapshot.TakenAt.Format(time.RFC3339), capture.Tool)})
	}
	app.screen(options).Facts(append(facts,
		render.Fact{Name: "engine", Text: engineText(capture.Engine)},
		render.Fact{Name: "kernel", Text: kernelText(capture.Host) + whoseKernel(ix.HostProof())},
		render.Fact{Name: capture.Snapshot.Root, Text: proofText(ix)},
		render.Fact{Name: "rights", Text: rightsText(capture.Host, app.sudo(capture.Engine.Endpoint)+" version")},
		render.Fact{Name: "collector", Text: collectorText(capture.ReadBy(), options)},
	))
	return cmp.Or(refused, exitWith(app.tellOfAll(capture)))
}

// captureForVersion tries the kernel's iterator whatever collector is chosen. refused is the
// error if it was chosen and cannot be used. The other facts are shown even then.
func (app *App) captureForVersion(ctx context.Context, options *commonOptions) (c *inspect.Capture, refused, err error) {
	question := need.Version()
	if options.From != "" {
		c, err = app.capture(ctx, options, question)
		return c, nil, err
	}
	if options.Collector == source.CollectorBPF {
		if c, refused = app.capture(ctx, options, question); refused == nil {
			return c, nil, nil
		}
	}
	tried := *options
	if options.Collector != source.CollectorAuto && slices.Contains(source.Collectors, options.Collector) {
		tried.Collector = source.CollectorAuto
	}
	c, err = app.capture(ctx, &tried, question)
	return c, refused, err
}

// collectorOf is the collector that other commands use with these options. They do not use the
// kernel's iterator only because it was tried here and works.
func collectorOf(read inspect.Collector, options *commonOptions) inspect.Collector {
	if options.From == "" && options.Collector == source.CollectorProc {
		read.Name = inspect.CollectorProc
	}
	return read
}

func (app *App) versionKeys(ix *inspect.Index, options *commonOptions) render.VersionKeys {
	c := ix.Capture
	proof := ix.HostProof()
	keys := render.VersionKeys{
		Host: c.Engine.Name, Version: app.Version, GoVersion: runtime.Version(),
		Schema:   fmt.Sprintf("%d.%d", inspect.SchemaMajor, inspect.SchemaMinor),
		Endpoint: c.Engine.Endpoint, EngineVersion: c.Engine.Version, APIVersion: c.Engine.APIVersion, EngineAnswers: !c.Engine.Silent && !c.Engine.Absent,
		ProcRoot: c.Snapshot.Root, ProcIsEngines: string(proof.Verdict), Proof: proof.By,
		EUID: c.Host.EUID, CanPtrace: c.Host.CanPtrace, HidePID: c.Host.HidePID,
		Collector: string(collectorOf(c.ReadBy(), options).Name), CollectorReason: c.ReadBy().Reason,
		TakenAt: c.Snapshot.TakenAt.Format(time.RFC3339),
	}
	keys.Hold("KernelRelease", &keys.KernelRelease, c.Host.KernelRelease)
	keys.Hold("CgroupVersion", &keys.CgroupVersion, c.Host.CgroupVersion)
	return keys
}

// collectorText says which collector reads the processes, and which one could.
func collectorText(read inspect.Collector, options *commonOptions) string {
	const iterator = "the kernel's task iterator"
	name := string(collectorOf(read, options).Name)
	switch {
	case options.From != "" && read.Name == inspect.CollectorProc && read.Reason == "":
		return name
	case name == string(inspect.CollectorBPF):
		return name + ": " + iterator + ", and /proc"
	case read.Reason != "":
		return name + "; " + iterator + " cannot be used: " + read.Reason
	default:
		return name + "; " + iterator + " can be used too: --collector " + source.CollectorBPF
	}
}

func engineText(e inspect.Engine) string {
	if e.Absent {
		return cmp.Or(e.AbsentBecause, "was not asked (--engine none)")
	}
	if e.Silent {
		return "does not answer, at " + e.Endpoint
	}
	return fmt.Sprintf("%s (API %s) on %s, at %s", e.Version, e.APIVersion, e.Name, e.Endpoint)
}

func kernelText(h procfs.Host) string {
	return fmt.Sprintf("%s, cgroup %s", orWhy(h.KernelRelease), orWhy(h.CgroupVersion))
}

// whoseKernel is a remark on the kernel if it may not be the kernel of the containers.
func whoseKernel(proof inspect.HostProof) string {
	switch proof.Verdict {
	case inspect.Yes:
		return ""
	case inspect.No:
		return " (this machine's, not the engine's)"
	default:
		return " (this machine's, and perhaps not the engine's)"
	}
}

func orWhy(value procfs.Opt[string]) string {
	if text, ok := value.Get(); ok {
		return text
	}
	return "? (" + string(value.Absence()) + ")"
}

func proofText(ix *inspect.Index) string {
	if ix.Capture.Engine.Absent {
		if isOwn(ix.Capture) {
			return "shows the processes of the container that docker pidns runs in"
		}
		return "shows the containers of this host"
	}
	switch p := ix.HostProof(); p.Verdict {
	case inspect.Yes:
		return "is the engine's: " + p.By
	case inspect.No:
		return "is not the engine's: " + p.By
	default:
		return "may not be the engine's: " + p.By
	}
}

func howToPtrace(h procfs.Host, asRoot string) string {
	if h.EUID == 0 {
		return "docker run --cap-add SYS_PTRACE"
	}
	return asRoot
}

// rightsText says what the reader may see of other users' processes. asRoot is the same command
// for root.
func rightsText(h procfs.Host, asRoot string) string {
	var limits []string
	if !h.CanPtrace {
		limits = append(limits, "no namespaces and no exit codes of other users' processes (CAP_SYS_PTRACE is missing: "+howToPtrace(h, asRoot)+")")
	}
	if h.HidePID != "" && h.EUID != 0 {
		limits = append(limits, "no processes of other users (hidepid="+h.HidePID+")")
	}
	if h.OwnFilesOnly && h.EUID == 0 {
		limits = append(limits, "many forecasts of containers with other users are unknown (CAP_DAC_READ_SEARCH is missing: docker run --cap-add DAC_READ_SEARCH)")
	}
	if h.Confined != "" {
		limits = append(limits, "no namespaces and no exit codes of processes with other AppArmor profiles (confined by "+h.Confined+": docker run --security-opt apparmor=unconfined)")
	}
	who := fmt.Sprintf("user %d", h.EUID)
	if h.EUID == 0 {
		who = "root"
	}
	switch {
	case len(limits) == 0 && h.EUID != 0: // files that only the owner may read, such as syscall and mem, need another right
		return who + ": namespaces and exit codes of all processes can be read"
	case len(limits) == 0:
		return who + ": everything can be read"
	}
	return who + ": " + strings.Join(limits, "; ")
}
