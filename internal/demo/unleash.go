package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
)

// page fetches Unleash's page and one of its static files.
func (d *demo) page(ctx context.Context) error {
	page, err := d.get(ctx, "/", nil)
	if err != nil {
		return err
	}
	title := regexp.MustCompile(`<title>(.*?)</title>`).FindSubmatch(page.body)
	static := regexp.MustCompile(`/static/[^"]+\.js`).Find(page.body)
	if err := expect(page.code == http.StatusOK && title != nil && static != nil, "the page answers %d", page.code); err != nil {
		return err
	}
	fmt.Printf("GET http://%s/ -> %d, served by %s, title %q\n", d.address, page.code, page.header.Get("Server"), title[1])
	file, err := d.get(ctx, string(static), nil)
	if err != nil {
		return err
	}
	fmt.Printf("GET %s -> %d, %d bytes, Cache-Control: %s\n", static, file.code, len(file.body), file.header.Get("Cache-Control"))
	refused, err := d.get(ctx, "/internal-backstage/prometheus", nil)
	if err != nil {
		return err
	}
	fmt.Printf("GET /internal-backstage/prometheus -> %d (the metrics are not for outside)\n", refused.code)
	return expect(file.code == http.StatusOK && refused.code == http.StatusNotFound, "the static file answers %d, the metrics %d", file.code, refused.code)
}

// featureFlag makes a flag as an administrator and asks for it as an
// application does.
func (d *demo) featureFlag(ctx context.Context) error {
	password, err := d.box.result(ctx, []string{"unleash-k8s/0", "set-admin-password"}, "unleash-k8s/0", "set-admin-password")
	if err != nil {
		return err
	}
	fmt.Printf("username: %v\npassword: (generated, %d characters)\n", password["username"], len(fmt.Sprint(password["password"])))
	admin, err := d.login(ctx, fmt.Sprint(password["username"]), fmt.Sprint(password["password"]))
	if err != nil {
		return err
	}
	const flag = "dark-mode"
	if err := d.post(ctx, admin, "/api/admin/projects/default/features", `{"name":"`+flag+`","type":"release"}`); err != nil {
		return err
	}
	if err := d.post(ctx, admin, "/api/admin/projects/default/features/"+flag+"/environments/development/on", ""); err != nil {
		return err
	}
	token, err := d.box.result(ctx, []string{"unleash-k8s/0", "create-api-token", "name=demo"}, "unleash-k8s/0", "create-api-token", "name=demo")
	if err != nil {
		return err
	}
	secret := fmt.Sprint(token["token"])
	fmt.Printf("token: %s...\n", secret[:min(len(secret), 24)])
	answer, err := d.get(ctx, "/api/client/features", http.Header{"Authorization": {secret}})
	if err != nil {
		return err
	}
	var features struct {
		Features []struct {
			Name    string `json:"name"`
			Enabled bool   `json:"enabled"`
		} `json:"features"`
	}
	if err := json.Unmarshal(answer.body, &features); err != nil {
		return err
	}
	fmt.Printf("GET http://%s/api/client/features -> %d\n", d.address, answer.code)
	for _, f := range features.Features {
		fmt.Printf("  %s: enabled %t\n", f.Name, f.Enabled)
	}
	return expect(len(features.Features) == 1 && features.Features[0].Enabled, "the client API does not have the flag")
}

// response is an answer, read to its end.
type response struct {
	code   int
	header http.Header
	body   []byte
}

func (d *demo) get(ctx context.Context, path string, header http.Header) (response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.address+path, nil)
	if err != nil {
		return response{}, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	return do(http.DefaultClient, request)
}

func do(client *http.Client, request *http.Request) (response, error) {
	answer, err := client.Do(request)
	if err != nil {
		return response{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return response{answer.StatusCode, answer.Header, body}, err
}

// login returns a client with a session of Unleash's.
func (d *demo) login(ctx context.Context, username, password string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar}
	if d.credentials, err = json.Marshal(map[string]string{"username": username, "password": password}); err != nil {
		return nil, err
	}
	return client, d.post(ctx, client, "/auth/simple/login", string(d.credentials))
}

func (d *demo) post(ctx context.Context, client *http.Client, path, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+d.address+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := do(client, request)
	if err != nil {
		return err
	}
	return expect(answer.code < 300, "POST %s answers %d %s", path, answer.code, bytes.TrimSpace(answer.body))
}
