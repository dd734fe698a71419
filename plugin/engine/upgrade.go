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

// at is the address of an endpoint of the API, for what the Docker client leaves out. The
// transport has the scheme, and goes to a socket whatever the name.
func (c *Client) at(path string) (*url.URL, error) {
	host, err := client.ParseHostURL(c.api.DaemonHost())
	if err != nil {
		return nil, err
	}
	versioned := "/v" + c.api.ClientVersion() + path
	if host.Scheme != "tcp" {
		return &url.URL{Scheme: "http", Host: client.DummyHost, Path: versioned}, nil
	}
	return &url.URL{Scheme: "http", Host: host.Host, Path: host.Path + versioned}, nil
}

// attach connects to a container's input and outputs (POST /containers/ID/attach). The Docker
// client's own attach does not go through the transport that bounds answers. It would dial by
// itself, without TLS, and not over ssh.
func (c *Client) attach(ctx context.Context, id string) (duplex, error) {
	to, err := c.at("/containers/" + id + "/attach")
	if err != nil {
		return nil, err
	}
	to.RawQuery = url.Values{"stream": {"1"}, "stdin": {"1"}, "stdout": {"1"}, "stderr": {"1"}}.Encode()
	return call(ctx, c, ofOne, func(ctx context.Context) (duplex, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), http.NoBody)
		if err != nil {
			return nil, err
		}
		for name, value := range c.headers {
			request.Header.Set(name, value)
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
