package webapp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Settings are the options that webapp reads; the charm's config.yaml declares
// them.
type Settings struct {
	ClientMaxBodySize string        `charm:"client-max-body-size"`
	ProxyReadTimeout  time.Duration `charm:"proxy-read-timeout"`
	StaticMaxAge      time.Duration `charm:"static-max-age"`
	Gzip              bool          `charm:"gzip"`
	TrustedProxies    Networks      `charm:"trusted-proxies"`
}

// maxStaticAge is ten years: what caches take for ever.
const maxStaticAge = 10 * 365 * 24 * time.Hour

// Validate checks the ranges that config.yaml promises.
func (s *Settings) Validate() error {
	var problems []error
	if s.ProxyReadTimeout < time.Second || s.ProxyReadTimeout > time.Hour {
		problems = append(problems, errors.New("proxy-read-timeout is not between 1 and 3600"))
	}
	if s.StaticMaxAge < 0 || s.StaticMaxAge > maxStaticAge {
		problems = append(problems, errors.New("static-max-age is not between 0 and 315360000"))
	}
	if !validSize(s.ClientMaxBodySize) {
		problems = append(problems, errors.New("client-max-body-size is not a number with k or m"))
	}
	return errors.Join(problems...)
}

func validSize(size string) bool {
	digits := strings.TrimRight(size, "kKmM")
	if digits == "" || len(digits) > 9 || len(size)-len(digits) > 1 {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

// Networks is a list of networks separated by commas; a single address stands
// for itself.
type Networks []netip.Prefix

// UnmarshalText parses the list.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for _, part := range strings.Split(string(text), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			var addr netip.Addr
			addr, err = netip.ParseAddr(part)
			prefix = netip.PrefixFrom(addr, addr.BitLen())
			if addr.Zone() != "" {
				err = errors.New("it has a zone")
			}
		}
		// NGINX sees IPv4 as IPv4, never within IPv6.
		if err != nil || prefix.Addr().Is4In6() {
			return fmt.Errorf("%q is neither an address nor a network such as 10.1.0.0/16", part)
		}
		*n = append(*n, prefix)
	}
	return nil
}
