package bundle

import (
	"cmp"
	"encoding/json"
	"path"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// spec has the parts of the config.json of an OCI bundle that describe a container. The
// environment is skipped.
type spec struct {
	Process struct {
		Args         []string
		Capabilities struct{ Bounding []string }
	}
	Mounts      []struct{ Destination, Source string }
	Annotations map[string]string
	Linux       struct {
		Namespaces []struct{ Type, Path string }
		Resources  struct{ PIDs *struct{ Limit int64 } }
	}
}

// parseSpec reads config.json.
func parseSpec(text string) (*spec, error) {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// dockerFolder is the folder of Docker's files about the container, "" if the bundle is not
// Docker's. Docker mounts files of that folder over those of /etc. A container that has joined
// another's net namespace has the files of that other container.
func (s *spec) dockerFolder(id string) string {
	for _, m := range s.Mounts {
		if m.Destination != "/etc/hostname" && m.Destination != "/etc/hosts" && m.Destination != "/etc/resolv.conf" {
			continue
		}
		folder := path.Dir(m.Source)
		if path.IsAbs(folder) && inspect.GroupID(path.Base(folder)) != "" {
			return path.Join(path.Dir(folder), id)
		}
	}
	return ""
}

// Annotations by which the CRI implementations and nerdctl name what they run.
var (
	podAnnotations       = []string{"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"}
	spaceAnnotations     = []string{"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"}
	containerAnnotations = []string{"io.kubernetes.cri.container-name", "io.kubernetes.container.name"}
	imageAnnotations     = []string{"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"}
	kindAnnotations      = []string{"io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"}
	nerdctlName          = "nerdctl/name"
	nerdctlRemove        = "nerdctl/auto-remove"
	podmanRemove         = "io.podman.annotations.autoremove"
	podmanInit           = "io.podman.annotations.init"
	ociStopSignal        = "org.opencontainers.image.stopSignal"
)

// Labels that kubelet puts on containers. The rest of the program recognises pods by them.
const (
	podLabel       = "io.kubernetes.pod.name"
	spaceLabel     = "io.kubernetes.pod.namespace"
	containerLabel = "io.kubernetes.container.name"
)

func (s *spec) annotation(keys []string) string {
	for _, key := range keys {
		if value := s.Annotations[key]; value != "" {
			return value
		}
	}
	return ""
}

// container describes the container by its bundle. A pod's sandbox is the process that keeps
// the pod's namespaces.
func (s *spec) container(served *shim.Served) inspect.Container {
	c := inspect.Container{ID: served.ID, Status: "running", Silent: true, Unasked: true, StopTimeout: usualGrace, PIDsLimit: procfs.None[int64](procfs.NotHeld)}
	setCommand(&c, s.Process.Args)
	if p := s.Linux.Resources.PIDs; p != nil && p.Limit > 0 {
		c.PIDsLimit = procfs.Some(p.Limit)
	}
	c.StopSignal = s.Annotations[ociStopSignal]
	c.AutoRemove = strings.EqualFold(s.Annotations[podmanRemove], "true") || s.Annotations[nerdctlRemove] == "true"
	c.Init = strings.EqualFold(s.Annotations[podmanInit], "true")
	c.Image = s.annotation(imageAnnotations)
	c.Name = cmp.Or(s.Annotations[nerdctlName], inspect.Argument(served.Shim, "-n"), nameByID(&c))
	if pod := s.annotation(podAnnotations); pod != "" {
		name := s.annotation(containerAnnotations)
		if s.annotation(kindAnnotations) == "sandbox" {
			name = "sandbox"
		}
		c.Name = pod + "/" + cmp.Or(name, nameByID(&c))
		c.StopTimeout = usualPodGrace
		c.Labels = map[string]string{podLabel: pod, spaceLabel: s.annotation(spaceAnnotations), containerLabel: name}
	}
	s.fillModes(&c)
	return c
}

// fillModes fills in the declared namespaces. A namespace that the bundle does not name is the
// host's. A namespace with a path is that of another process.
func (s *spec) fillModes(c *inspect.Container) {
	modes := map[string]*string{"pid": &c.PIDMode, "uts": &c.UTSMode, "ipc": &c.IPCMode, "network": &c.NetworkMode, "cgroup": &c.CgroupnsMode}
	for _, mode := range modes {
		*mode = "host"
	}
	for _, ns := range s.Linux.Namespaces {
		if mode := modes[ns.Type]; mode != nil {
			*mode = ns.Path // it is resolved when all containers are known
		}
	}
}
