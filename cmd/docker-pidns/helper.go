package main

import (
	"context"
	"crypto/rand"

	"github.com/docker/cli/cli/command"

	"github.com/docker-pidns/docker-pidns/plugin"
	"github.com/docker-pidns/docker-pidns/plugin/about"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/plugin/helper"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// remoteHost is the engine's host, read through a helper that the engine runs there.
func remoteHost(client *engine.Client, where plugin.Where) *source.Remote {
	start := func(ctx context.Context) (source.Helper, error) {
		nonce := rand.Text()
		h, err := client.StartHelper(ctx, helperFor, engine.HelperOptions{
			Version: about.Version, OtherUsers: true, BPF: asksKernel(where.Collector),
			Arguments: helperArguments(where.Collector, nonce), Announce: announced(where.Announce),
		})
		if err != nil {
			return source.Helper{}, err
		}
		return source.Helper{Stream: h, Nonce: nonce, ID: h.ID, PID: h.HostPID}, nil
	}
	return &source.Remote{Engine: client, Start: start, Tool: about.Version, Collector: where.Collector}
}

// asksKernel reports whether the helper gets the rights that the kernel's iterator needs. An
// engine that does not know these rights refuses the container, so they are given only on
// request.
func asksKernel(collector string) bool { return collector == source.CollectorBPF }

func helperArguments(collector, nonce string) []string {
	arguments := []string{"--nonce", nonce}
	if asksKernel(collector) {
		arguments = append(arguments, "--collector", collector)
	}
	return arguments
}

// helperFor is the helper that this plugin carries for the architecture of an engine's host.
func helperFor(architecture string) (engine.HelperProgram, error) {
	h, err := helper.Program(architecture)
	if err != nil {
		return engine.HelperProgram{}, err
	}
	return engine.HelperProgram{Gzip: h.Gzip, Digest: h.Digest, Architecture: h.Architecture}, nil
}

// announced converts the announcement of a run to the type of the commands.
func announced(tell func(plugin.HelperRun)) func(engine.HelperRun) {
	if tell == nil {
		return nil
	}
	return func(run engine.HelperRun) {
		tell(plugin.HelperRun{CommandLine: engine.HelperCommandLine(run.Words), Image: run.Image, Imported: run.Imported, ImageBytes: run.ImageBytes})
	}
}

// removerOfHelpers returns a function that removes what helpers have left with the current
// engine of the docker CLI.
func removerOfHelpers(cli command.Cli) func(context.Context, plugin.Where) (plugin.RemovedHelper, error) {
	return func(ctx context.Context, where plugin.Where) (plugin.RemovedHelper, error) {
		client, err := engine.Connect(cli, where.Context, where.Timeout)
		if err != nil {
			return plugin.RemovedHelper{}, err
		}
		removed, err := client.RemoveHelper(ctx)
		return plugin.RemovedHelper(removed), err
	}
}

// helperImage is the image of the helper for an architecture.
func helperImage(architecture string) (plugin.HelperImage, error) {
	program, err := helperFor(architecture)
	if err != nil {
		return plugin.HelperImage{}, err
	}
	archive, err := program.Archive()
	return plugin.HelperImage{Tag: archive.Tag, Archive: archive.Gzip}, err
}

// loaderOfHelpers returns a function that loads the helper's image into the current engine of the
// docker CLI.
func loaderOfHelpers(cli command.Cli) func(context.Context, plugin.Where) (plugin.LoadedImage, error) {
	return func(ctx context.Context, where plugin.Where) (plugin.LoadedImage, error) {
		client, err := engine.Connect(cli, where.Context, where.Timeout)
		if err != nil {
			return plugin.LoadedImage{}, err
		}
		loaded, err := client.LoadHelper(ctx, helperFor)
		return plugin.LoadedImage(loaded), err
	}
}
