package phone

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	portHTTP  = 80
	portHTTPS = 443
	maxAnswer = 1 << 30 // bytes that a page may be asked to have
)

// listenWeb starts real servers of HTTP and HTTPS, with a certificate that is
// made for them and that nobody should trust. Every path is a page; /bytes/N is
// one of N bytes.
func (n *Internet) listenWeb(ctx context.Context) error {
	certificate, err := throwaway()
	if err != nil {
		return err
	}
	for _, port := range []uint16{portHTTP, portHTTPS} {
		l, err := n.connections(ctx, netip.AddrPortFrom(n.config.Web, port), false)
		if err != nil {
			return err
		}
		if port == portHTTPS {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		}
		web := &http.Server{
			Handler: http.HandlerFunc(page), ReadHeaderTimeout: patience, IdleTimeout: patience,
			BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: log.New(io.Discard, "", 0),
		}
		n.open = append(n.open, web)
		n.goes.Go(func() { _ = web.Serve(l) }) // ends when it is closed
	}
	return nil
}

func page(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxAnswer))
	size, isSize := strings.CutPrefix(r.URL.Path, "/bytes/")
	if !isSize {
		_, _ = io.WriteString(w, "hello from "+r.Host+"\n")
		return
	}
	count, err := strconv.ParseInt(size, 10, 64)
	if err != nil || count < 0 || count > maxAnswer {
		http.Error(w, "how many bytes?", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", size)
	_, _ = io.CopyN(w, zeros{}, count)
}

// zeros reads as many as are wanted.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// throwaway makes a certificate that signs itself.
func throwaway() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	const week = 7 * 24 * time.Hour
	now := time.Now()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "simulated"}, NotBefore: now.Add(-week), NotAfter: now.Add(week),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{"*"},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
