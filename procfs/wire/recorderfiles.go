package wire

import (
	"path/filepath"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

const (
	// mostFileBytes is how large a file may be that describes a container, and mostFiles how much
	// of them is recorded in all.
	mostFileBytes = 1 << 20
	mostFiles     = 16 << 20
	// bundleFile is the file in the working directory of a shim that describes its container
	// (OCI runtime specification, config.json).
	bundleFile = "config.json"
)

// dockerFiles are the files in which Docker describes a container, in the container's folder.
var dockerFiles = []string{"config.v2.json", "hostconfig.json"}

// recordFiles reads the files that describe containers, as their shims see them.
func (r *recorder) recordFiles() {
	left := mostFiles
	record := func(of procfs.Key, path string) (string, bool) {
		file := r.proc.FileUpTo(of, path, min(mostFileBytes, left))
		content, held := file.Get()
		if held {
			left -= len(content.Text)
			content.Text = withoutSecrets(content.Text)
			file = procfs.Some(content)
		}
		r.record.files = append(r.record.files, recordedFile{fileRead{of, path}, file})
		return content.Text, held && !content.Missing
	}
	for i := range r.record.snapshot.Processes {
		shim := &r.record.snapshot.Processes[i]
		id := argument(shim, "-id")
		if left <= 0 || id == "" || !isShim(shim) {
			continue
		}
		text, read := record(shim.Key, bundleFile)
		folder := dockerFolder(text, id)
		if !read || folder == "" {
			continue
		}
		for _, name := range dockerFiles {
			record(shim.Key, filepath.Join(folder, name))
		}
	}
}

// shimName is the beginning of the base name of containerd's shims.
const shimName = "containerd-shim"

// isShim reports whether the process is a shim outside of containers, by its first argument.
func isShim(p *procfs.Process) bool {
	args := p.Args.Or(nil)
	return len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), shimName) && p.Depth() == 0
}

// argument is the word after the option, "" if there is none.
func argument(p *procfs.Process, option string) string {
	args := p.Args.Or(nil)
	for i := range args {
		if args[i] == option && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// dockerFolder is the folder of Docker's files about the container. Docker mounts files of such
// a folder over those of /etc, and the bundle names them: "/…/containers/ID/hosts".
func dockerFolder(bundle, id string) string {
	for _, name := range []string{"/resolv.conf\"", "/hostname\"", "/hosts\""} {
		for rest := bundle; ; {
			end := strings.Index(rest, name)
			if end < 0 {
				break
			}
			folder := rest[strings.LastIndexByte(rest[:end], '"')+1 : end]
			rest = rest[end+len(name):]
			if filepath.IsAbs(folder) && len(idsIn(filepath.Base(folder))) > 0 {
				return filepath.Join(filepath.Dir(folder), id)
			}
		}
	}
	return ""
}
