package bundle

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// mostConfig is the maximum size of one file in bytes. These files have the environment, labels
// and mounts of a container.
const mostConfig = 1 << 20

// usualGrace is how long docker stop and podman stop wait if nothing else is set.
const usualGrace = 10 * time.Second

// usualPodGrace is how long kubelet waits if nothing else is set (Kubernetes, PodSpec,
// terminationGracePeriodSeconds). The bundle does not have it.
const usualPodGrace = 30 * time.Second

// taskFolder is where containerd's shims have their bundles, below containerd's state folder
// (containerd, plugins/io.containerd.runtime.v2.task).
const taskFolder = "io.containerd.runtime.v2.task"

// describe describes a container that a shim serves, by its files. If none can be read, it uses
// the shim and the main process.
func (f *Facts) describe(served *shim.Served, at time.Time) inspect.Container {
	s := f.spec(served)
	if s == nil {
		return fromProcess(served)
	}
	if folder := s.dockerFolder(served.ID); folder != "" {
		if c, ok := f.docker(served, folder, at); ok {
			return c
		}
	}
	c := s.container(served)
	c.Client = clientOf(served, s)
	return c
}

// spec is the bundle's config.json, nil if it cannot be read. The working directory of a
// container's shim is its bundle. The shim of a pod is in the bundle of the sandbox.
func (f *Facts) spec(served *shim.Served) *spec {
	for _, folder := range bundleFolders(served) {
		text, ok := f.read(served, path.Join(folder, "config.json"))
		if !ok {
			continue
		}
		if s, err := parseSpec(text); err == nil {
			return s
		}
	}
	return nil
}

func bundleFolders(served *shim.Served) []string {
	if served.ByConmon() {
		return []string{inspect.Argument(served.Shim, "-b")}
	}
	var folders []string
	if inspect.Argument(served.Shim, "-id") == served.ID {
		folders = append(folders, ".")
	}
	if address := inspect.Argument(served.Shim, "-address"); address != "" {
		state := path.Dir(address)
		for _, folder := range []string{state, path.Join(state, "daemon")} { // a containerd that dockerd has started uses the latter
			folders = append(folders, path.Join(folder, taskFolder, served.Namespace, served.ID))
		}
	}
	return folders
}

// docker describes the container by Docker's own files.
func (f *Facts) docker(served *shim.Served, folder string, at time.Time) (inspect.Container, bool) {
	config, known := f.read(served, path.Join(folder, "config.v2.json"))
	host, knownToo := f.read(served, path.Join(folder, "hostconfig.json"))
	if !known || !knownToo {
		return inspect.Container{}, false
	}
	c, err := engine.FromDisk([]byte(config), []byte(host), at)
	if err != nil || c.ID != served.ID {
		return inspect.Container{}, false
	}
	if !c.IsRunning() { // the file was written before the container started
		c.Status = "running"
	}
	return c, true
}

// read reads a file as the shim sees it.
func (f *Facts) read(served *shim.Served, name string) (string, bool) {
	f.late = f.late || time.Now().After(f.until)
	if f.left <= 0 || f.late {
		return "", false
	}
	file, ok := f.processes.FileUpTo(served.Shim.Key, name, min(mostConfig, f.left)).Get()
	f.left -= len(file.Text)
	return file.Text, ok && !file.Missing
}

// fromProcess describes a container by its main process.
func fromProcess(served *shim.Served) inspect.Container {
	c := inspect.Container{ID: served.ID, Status: "running", Silent: true, Unasked: true, StopTimeout: usualGrace, PIDsLimit: procfs.None[int64](procfs.Unread)}
	c.Name = nameByID(&c)
	if name := inspect.Argument(served.Shim, "-n"); served.ByConmon() && name != "" {
		c.Name = name
	}
	setCommand(&c, served.Main.Args.Or(nil))
	c.Client = clientOf(served, nil)
	return c
}

// nameByID is the name of a container without a name. It is the short ID, or the whole ID if a
// user of ctr chose it.
func nameByID(c *inspect.Container) string {
	if inspect.GroupID(c.ID) == "" {
		return c.ID
	}
	return c.ShortID()
}

// mostArgs is the maximum number of arguments of a command that are kept.
const mostArgs = 1 << 10

func setCommand(c *inspect.Container, args []string) {
	if len(args) > 0 {
		c.Path, c.Args = args[0], slices.Clone(args[1:min(len(args), mostArgs)])
	}
}

// dockerNamespace is the beginning of the name of containerd's namespace for Docker's
// containers.
const dockerNamespace = "moby"

// clientOf is the command that manages the container, "" for docker.
func clientOf(served *shim.Served, s *spec) string {
	switch {
	case strings.HasPrefix(served.Namespace, dockerNamespace):
		return ""
	case served.Namespace == "k8s.io", s != nil && s.annotation(podAnnotations) != "":
		return "crictl"
	case served.ByConmon():
		return "podman"
	case s != nil && s.Annotations[nerdctlName] != "":
		return "nerdctl -n " + inspect.ShellWord(served.Namespace)
	default:
		return "ctr -n " + inspect.ShellWord(served.Namespace)
	}
}
