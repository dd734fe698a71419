package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// API is the part of the Docker client that is used.
type API interface {
	DaemonHost() string
	ClientVersion() string
	HTTPClient() *http.Client
	Ping(ctx context.Context) (types.Ping, error)
	Info(ctx context.Context) (system.Info, error)
	ServerVersion(ctx context.Context) (types.Version, error)
	ContainerList(ctx context.Context, options container.ListOptions) ([]container.Summary, error)
	ContainerInspect(ctx context.Context, ref string) (container.InspectResponse, error)
	ContainerExecInspect(ctx context.Context, execID string) (container.ExecInspect, error)
	ContainerLogs(ctx context.Context, container string, options container.LogsOptions) (io.ReadCloser, error)
	Events(ctx context.Context, options events.ListOptions) (<-chan events.Message, <-chan error)

	// The rest is for the helper alone. It is attached to through HTTPClient.
	ImageInspect(ctx context.Context, ref string, options ...client.ImageInspectOption) (image.InspectResponse, error)
	ImageImport(ctx context.Context, from image.ImportSource, ref string, options image.ImportOptions) (io.ReadCloser, error)
	ImageList(ctx context.Context, options image.ListOptions) ([]image.Summary, error)
	ImageRemove(ctx context.Context, id string, options image.RemoveOptions) ([]image.DeleteResponse, error)
	ContainerCreate(ctx context.Context, config *container.Config, host *container.HostConfig, networks *network.NetworkingConfig, platform *ocispec.Platform, name string) (container.CreateResponse, error)
	ContainerStart(ctx context.Context, id string, options container.StartOptions) error
	ContainerRemove(ctx context.Context, id string, options container.RemoveOptions) error

	// These are for the helper on the nodes of a Swarm.
	ImageLoad(ctx context.Context, input io.Reader, options ...client.ImageLoadOption) (image.LoadResponse, error)
	NodeList(ctx context.Context, options swarm.NodeListOptions) ([]swarm.Node, error)
	ServiceCreate(ctx context.Context, service swarm.ServiceSpec, options swarm.ServiceCreateOptions) (swarm.ServiceCreateResponse, error)
	ServiceList(ctx context.Context, options swarm.ServiceListOptions) ([]swarm.Service, error)
	ServiceRemove(ctx context.Context, id string) error
	TaskList(ctx context.Context, options swarm.TaskListOptions) ([]swarm.Task, error)
	TaskLogs(ctx context.Context, id string, options container.LogsOptions) (io.ReadCloser, error)
}

// Client asks one engine.
type Client struct {
	api      API
	endpoint string
	timeout  time.Duration
	// headers are sent with requests that are not the Docker client's.
	headers map[string]string
	// transport counts what is read of all answers, nil if that is not limited.
	transport *bounded
}

// New returns a Client of api. endpoint is its address. Each call may take up to timeout.
func New(api API, endpoint string, timeout time.Duration) *Client {
	return &Client{api: api, endpoint: endpoint, timeout: timeout}
}

// Connect returns a Client of the engine of a docker context, with its TLS and ssh; "" for the
// one that the docker CLI is set to use, by context or DOCKER_HOST. Nothing is sent yet. The CLI's own
// client is not used, because it ends the program on a bad endpoint and asks
// the engine with a deadline of its own.
func Connect(cli command.Cli, name string, timeout time.Duration) (*Client, error) {
	name = cmp.Or(name, cli.CurrentContext())
	store := cli.ContextStore()
	meta, err := store.GetMetadata(name)
	if errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("docker has no context %s; try: docker context ls", name)
	}
	if err != nil {
		return nil, fmt.Errorf("docker context %s: %w", name, err)
	}
	endpointMeta, err := docker.EndpointFromContext(meta)
	if err != nil {
		return nil, fmt.Errorf("docker context %s: %w", name, err)
	}
	endpoint, err := docker.WithTLSData(store, name, endpointMeta)
	if err != nil {
		return nil, fmt.Errorf("docker context %s: %w", name, err)
	}
	options, err := endpoint.ClientOpts()
	if err != nil {
		return nil, fmt.Errorf("docker endpoint %s: %w", endpoint.Host, err)
	}
	if headers := cli.ConfigFile().HTTPHeaders; len(headers) > 0 {
		options = append(options, client.WithHTTPHeaders(headers))
	}
	transport, withBounds := newBounds()
	api, err := client.NewClientWithOpts(append(options, client.WithUserAgent(command.UserAgent()), withBounds)...)
	if err != nil {
		return nil, fmt.Errorf("docker endpoint %s: %w", endpoint.Host, err)
	}
	host := endpoint.Host
	if host == "" {
		host = api.DaemonHost()
	}
	c := New(api, host, timeout)
	c.transport = transport
	c.headers = maps.Clone(cli.ConfigFile().HTTPHeaders)
	return c, nil
}

// Endpoint is the address of the engine, such as unix:///var/run/docker.sock.
func (c *Client) Endpoint() string { return c.endpoint }

// Timeout is the deadline of each call.
func (c *Client) Timeout() time.Duration { return c.timeout }

// call makes one request with the deadline, and reads its answer within the bounds.
func call[T any](ctx context.Context, c *Client, within bounds, request func(context.Context) (T, error)) (T, error) {
	begun := time.Now() // before the deadline is made, so that the reported time is the one that was asked for
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ctx, s := withSlip(ctx, within)
	value, err := request(ctx)
	if err == nil {
		return value, nil
	}
	var none T
	return none, c.sorted(ctx, err, s, begun)
}

// Describe returns the engine's name and versions, and its containerd if the engine reports it.
func (c *Client) Describe(ctx context.Context) (inspect.Engine, error) {
	e := inspect.Engine{Name: c.endpoint, Endpoint: c.endpoint}
	version, err := call(ctx, c, ofOne, c.api.ServerVersion)
	if err != nil {
		e.Silent = errors.Is(err, source.ErrSilent)
		return e, err
	}
	e.Version, e.APIVersion = version.Version, version.APIVersion
	info, err := call(ctx, c, ofOne, c.api.Info)
	if err != nil {
		return e, err
	}
	e.Name = info.Name
	if info.Containerd != nil {
		e.Containerd, e.ContainerdNamespace = info.Containerd.Address, info.Containerd.Namespaces.Containers
	}
	return e, nil
}
