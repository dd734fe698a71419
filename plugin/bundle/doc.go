// Package bundle tells of containers without an engine. Shims show which containers run, and
// the files that their engine or runtime has left on disk say what they are: Docker's
// config.v2.json and hostconfig.json, the OCI bundle's config.json, the annotations of
// Kubernetes in it, and the arguments of conmon.
//
// It answers the same questions as an engine (source.Facts). It knows no exec sessions, no
// events, no logs, and no container that does not run.
package bundle
