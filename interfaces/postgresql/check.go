package postgresql

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmkit/charmkit/charm"
)

// nameRule is what validName goes by, for messages.
const nameRule = "is not a name of at most 63 bytes"

// validName tells whether a database of that name can exist. 63 bytes are what
// PostgreSQL keeps of a name.
func validName(name string) bool {
	return name != "" && len(name) <= 63 && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// endpoints splits and checks a comma-separated list of host:port. What is wrong
// with it is added to problems, by its key.
func endpoints(problems []string, key, list string) ([]string, []string) {
	var all []string
	for endpoint := range strings.SplitSeq(list, ",") {
		endpoint = strings.TrimSpace(endpoint)
		if endpoint == "" {
			continue
		}
		if !validEndpoint(endpoint) {
			return nil, append(problems, key+" holds something that is not host:port")
		}
		all = append(all, endpoint)
	}
	return all, problems
}

func validEndpoint(endpoint string) bool {
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0 && validHost(host)
}

// validHost tells whether a host is an address or can be a name in the DNS.
func validHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return len(host) <= 253 && !slices.ContainsFunc(strings.Split(strings.TrimSuffix(host, "."), "."), func(label string) bool {
		return label == "" || len(label) > 63 || strings.Trim(label, letters) != ""
	})
}

// secretName is what a secret of a relation is called: the provider's label, and
// the requirer's name for it in messages. A relation that comes after another one
// has names of its own.
func secretName(relation *charm.Relation, group string) string {
	return strings.ReplaceAll(relation.ID(), ":", ".") + "." + group
}
