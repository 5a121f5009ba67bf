package webapp_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp"
	"github.com/charmkit/charmkit/webapp/nginx"
)

func good() webapp.Settings {
	return webapp.Settings{ClientMaxBodySize: "2m", ProxyReadTimeout: time.Minute, StaticMaxAge: time.Hour}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	const size, timeout, age = "client-max-body-size is not a number with k or m", "proxy-read-timeout is not between 1 and 3600",
		"static-max-age is not between 0 and 315360000"
	for _, test := range []struct {
		change  func(*webapp.Settings)
		problem string
	}{
		{func(*webapp.Settings) {}, ""},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "512K" }, ""},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "0" }, ""},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "999999999m" }, ""},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "1000000000" }, size},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "" }, size},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "m" }, size},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "1mm" }, size},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "1g" }, size},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "-1m" }, size},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "1 m" }, size},
		{func(s *webapp.Settings) { s.ClientMaxBodySize = "1m;" }, size},
		{func(s *webapp.Settings) { s.ProxyReadTimeout = time.Second }, ""},
		{func(s *webapp.Settings) { s.ProxyReadTimeout = time.Hour }, ""},
		{func(s *webapp.Settings) { s.ProxyReadTimeout = 0 }, timeout},
		{func(s *webapp.Settings) { s.ProxyReadTimeout = time.Hour + time.Second }, timeout},
		{func(s *webapp.Settings) { s.StaticMaxAge = 0 }, ""},
		{func(s *webapp.Settings) { s.StaticMaxAge = 315360000 * time.Second }, ""},
		{func(s *webapp.Settings) { s.StaticMaxAge = -time.Second }, age},
		{func(s *webapp.Settings) { s.StaticMaxAge = 315360001 * time.Second }, age},
		{func(s *webapp.Settings) { *s = webapp.Settings{StaticMaxAge: -1} }, timeout + "\n" + age + "\n" + size},
	} {
		s := good()
		test.change(&s)
		err := s.Validate()
		if test.problem != "" {
			require.EqualError(t, err, test.problem)
			continue
		}
		require.NoError(t, err)
		// What is valid here is valid for NGINX's configuration too.
		require.NoError(t, nginx.Config{
			Listen:   []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:8080")},
			Upstream: netip.MustParseAddrPort("127.0.0.1:8081"),
			Static:   []nginx.Static{{Prefix: "/a/", Dir: "/a", MaxAge: s.StaticMaxAge}},

			ClientMaxBodySize: s.ClientMaxBodySize, ProxyReadTimeout: s.ProxyReadTimeout,
		}.Validate())
	}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	prefixes := func(texts ...string) webapp.Networks {
		var all webapp.Networks
		for _, text := range texts {
			all = append(all, netip.MustParsePrefix(text))
		}
		return all
	}
	for text, want := range map[string]webapp.Networks{
		"":                            nil,
		" , ":                         nil,
		"10.1.0.0/16":                 prefixes("10.1.0.0/16"),
		" 10.1.0.0/16 ,\t10.2.0.9,\n": prefixes("10.1.0.0/16", "10.2.0.9/32"),
		"10.1.2.3/16":                 prefixes("10.1.2.3/16"),
		"2001:db8::/32,::1":           prefixes("2001:db8::/32", "::1/128"),
		"0.0.0.0/0":                   prefixes("0.0.0.0/0"),
	} {
		networks := prefixes("192.0.2.0/24")
		require.NoError(t, networks.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, networks, text)
	}
	for text, part := range map[string]string{
		"proxy":                  "proxy",
		"10.1.0.0/16, 10.2":      "10.2",
		"10.1.0.0/33":            "10.1.0.0/33",
		"10.1.0.0/":              "10.1.0.0/",
		"10.1.0.0/16 10.2.0.0/8": "10.1.0.0/16 10.2.0.0/8",
		"10.01.0.0/16":           "10.01.0.0/16",
		"fe80::1%eth0":           "fe80::1%eth0",
		"fe80::%eth0/10":         "fe80::%eth0/10",
		"::ffff:10.0.0.1":        "::ffff:10.0.0.1",
		"::ffff:10.0.0.0/104":    "::ffff:10.0.0.0/104",
		"10.1.0.0/16;":           "10.1.0.0/16;",
	} {
		var networks webapp.Networks
		require.EqualError(t, networks.UnmarshalText([]byte(text)), `"`+part+`" is neither an address nor a network such as 10.1.0.0/16`)
	}
}

// FuzzNetworks checks that whatever is taken can be given to NGINX, and means the same when it is read again.
func FuzzNetworks(f *testing.F) {
	for _, text := range []string{"", "10.0.0.0/8,::1", "fe80::1%x", "::ffff:1.2.3.4", "1.2.3.4/0", " , ,", "a"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var networks, again webapp.Networks
		if networks.UnmarshalText([]byte(text)) != nil {
			return
		}
		rendered, err := nginx.Render(nginx.Config{
			Listen:         []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:8080")},
			Upstream:       netip.MustParseAddrPort("127.0.0.1:8081"),
			TrustedProxies: networks,
		})
		require.NoError(t, err)
		list := ""
		for _, network := range networks {
			list += network.String() + ","
			require.Contains(t, string(rendered.Content), "set_real_ip_from "+network.Masked().String()+";\n")
		}
		require.NoError(t, again.UnmarshalText([]byte(list)))
		require.Equal(t, networks, again)
	})
}
