package engine

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/docker/docker/client"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// duplex is a connection that an answer was turned into (HTTP 101). Its writing side can be
// closed alone.
type duplex interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// request is one to the API, for what the Docker client leaves out. It has the address of the
// client's own requests, whose connections it shares; the transport has the scheme.
func (c *Client) request(ctx context.Context, method, path string, query url.Values) (*http.Request, error) {
	host, err := client.ParseHostURL(c.api.DaemonHost())
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "/", http.NoBody)
	if err != nil {
		return nil, err
	}
	request.URL = &url.URL{Scheme: "http", Host: host.Host, Path: host.Path + "/v" + c.api.ClientVersion() + path, RawQuery: query.Encode()}
	if host.Scheme == "unix" || host.Scheme == "npipe" {
		request.URL.Path = "/v" + c.api.ClientVersion() + path
		request.Host = client.DummyHost // the address is a path
	}
	for name, value := range c.headers {
		request.Header.Set(name, value)
	}
	return request, nil
}

// attach connects to a container's input and outputs (POST /containers/ID/attach). The Docker
// client's own attach does not go through the transport that bounds answers. It would dial by
// itself, without TLS, and not over ssh.
func (c *Client) attach(ctx context.Context, id string) (duplex, error) {
	streams := url.Values{"stream": {"1"}, "stdin": {"1"}, "stdout": {"1"}, "stderr": {"1"}}
	return call(ctx, c, ofOne, func(ctx context.Context) (duplex, error) {
		request, err := c.request(ctx, http.MethodPost, "/containers/"+id+"/attach", streams)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", "text/plain")
		request.Header.Set("Connection", "Upgrade")
		request.Header.Set("Upgrade", "tcp")
		response, err := c.api.HTTPClient().Do(request)
		if err != nil {
			return nil, err
		}
		if s := slipOf(ctx); response.StatusCode == http.StatusSwitchingProtocols && s.upgraded != nil {
			return s.upgraded, nil
		}
		defer func() { _ = response.Body.Close() }()
		return nil, c.notUpgraded(response)
	})
}

// notUpgraded is why there is no stream. A proxy may have left out the words that ask for one.
func (c *Client) notUpgraded(response *http.Response) error {
	if response.StatusCode < http.StatusBadRequest {
		return &source.OddAnswerError{Endpoint: c.endpoint, Text: fmt.Sprintf("it answers attach with status %d and no stream, as a proxy does that passes no HTTP upgrade", response.StatusCode)}
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, mostMessage))
	if err != nil {
		return err
	}
	return fmt.Errorf("attach is answered with status %d: %s", response.StatusCode, cmp.Or(toldMessage(text), lastLine(text)))
}
