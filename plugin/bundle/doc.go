// Package bundle finds and describes containers without an engine. Shims show which containers
// run. Files of the engine or the runtime on disk describe them: Docker's config.v2.json and
// hostconfig.json, the OCI bundle's config.json, the annotations of Kubernetes in it, and the
// arguments of conmon.
//
// It answers the same questions as an engine (source.Facts). It does not know exec sessions,
// events, logs, or containers that do not run.
package bundle
