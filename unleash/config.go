package unleash

import (
	"errors"
	"net/url"
	"slices"
)

// Config are the options that Unleash itself takes; NGINX's are
// webapp.Settings.
type Config struct {
	ExternalURL      string `charm:"external-url"`
	LogLevel         string `charm:"log-level"`
	DatabasePoolSize int    `charm:"database-pool-size"`
}

var logLevels = [...]string{"debug", "info", "warn", "error", "fatal"}

// Validate checks what config.yaml promises.
func (c *Config) Validate() error {
	var problems []error
	if c.ExternalURL != "" {
		u, err := url.Parse(c.ExternalURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			problems = append(problems, errors.New("external-url is not a URL such as https://flags.example.com"))
		}
	}
	if !slices.Contains(logLevels[:], c.LogLevel) {
		problems = append(problems, errors.New("log-level is not one of debug, info, warn, error, fatal"))
	}
	if c.DatabasePoolSize < 1 || c.DatabasePoolSize > 100 {
		problems = append(problems, errors.New("database-pool-size is not between 1 and 100"))
	}
	return errors.Join(problems...)
}
