package feed

import (
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"golang.org/x/net/http/httpproxy"

	"tinycheck"
)

// Config is how a Fetcher behaves; the zero Config has the defaults.
type Config struct {
	Timeout  time.Duration  // of one request, from dialling to the last byte; 0: 60 s
	Idle     time.Duration  // without a byte; 0: 20 s
	MaxBytes int64          // of one part after unpacking; 0: 256 MiB
	Tries    int            // of one request, when what failed may pass; 0: 3
	Proxy    string         // http, https or socks5 URL; "": HTTPS_PROXY, HTTP_PROXY. NO_PROXY holds for both
	Roots    *x509.CertPool // who may sign certificates; nil: the system's list
	Folder   string         // where downloads are spooled; "": os.TempDir
	Resolver *net.Resolver  // who resolves names; nil: the system
}

// Fetcher fetches feeds. It has no state: one serves any number of goroutines.
type Fetcher struct {
	Config
	proxy  func(*url.URL) (*url.URL, error)
	sleep  func(context.Context, time.Duration) error
	jitter func(most time.Duration) time.Duration
}

// New checks the configuration; an error is of kind Invalid.
func New(c Config) (*Fetcher, error) {
	c.fill()
	proxy, err := c.proxies()
	if err == nil {
		err = c.validate()
	}
	if err != nil {
		return nil, tinycheck.Errorf("configure fetching", tinycheck.Invalid, err)
	}
	return &Fetcher{Config: c, proxy: proxy, sleep: sleep, jitter: jitter}, nil
}

func (c *Config) fill() {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Idle == 0 {
		c.Idle = defaultIdle
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.Tries == 0 {
		c.Tries = defaultTries
	}
	if c.Folder == "" {
		c.Folder = os.TempDir()
	}
}

func (c *Config) validate() error {
	switch {
	case c.Timeout < 0 || c.Idle < 0:
		return errors.New("a time limit is negative")
	case c.MaxBytes < 0 || c.MaxBytes > maxTotal:
		return errors.New("the size limit is negative or above 1 GiB")
	case c.Tries < 0 || c.Tries > 10:
		return errors.New("the number of tries is not between 1 and 10")
	}
	info, err := os.Stat(c.Folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("where downloads are spooled is no folder")
	}
	return nil
}

// proxySchemes are the kinds of proxy that net/http knows.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// proxies says which proxy a URL is fetched through; nil: none.
func (c *Config) proxies() (func(*url.URL) (*url.URL, error), error) {
	settings := httpproxy.FromEnvironment()
	if c.Proxy != "" {
		u, err := url.Parse(c.Proxy)
		if err != nil || u.Host == "" || !slices.Contains(proxySchemes, u.Scheme) {
			return nil, errors.New("the proxy is no http, https or socks5 address") // it may have a password: not quoted
		}
		settings.HTTPProxy, settings.HTTPSProxy = c.Proxy, c.Proxy
	}
	return settings.ProxyFunc(), nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return rand.N(most)
}

// transport is one way to the servers of a fetch: through a proxy, or straight
// with the guard, unless the feed may be private.
func (f *Fetcher) transport(proxy *url.URL, private bool) *http.Transport {
	dialer := &net.Dialer{Timeout: f.Idle, Resolver: f.Resolver}
	if proxy == nil && !private {
		dialer.Control = refusePrivate
	}
	return &http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		DialContext:            dialer.DialContext,
		TLSClientConfig:        tlsConfig(f.Roots),
		TLSHandshakeTimeout:    f.Idle,
		ResponseHeaderTimeout:  f.Idle,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true, // unpacked here, bounded
	}
}
