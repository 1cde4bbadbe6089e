// Says what the API server's own OIDC authenticator (k8s.io/apiserver) thinks of tokens.
//
//	authenticator --config authentication.yaml < tokens > verdicts
//
// One token a line on standard input; one line of JSON for each on standard output, at once, so that a test may keep the
// process and ask it one token after another. The configuration is read, defaulted and validated as kube-apiserver does with
// --authentication-config: unknown fields are errors.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

type verdict struct {
	Authenticated bool                `json:"authenticated"`
	Username      string              `json:"username,omitempty"`
	UID           string              `json:"uid,omitempty"`
	Groups        []string            `json:"groups,omitempty"`
	Extra         map[string][]string `json:"extra,omitempty"`
	Error         string              `json:"error,omitempty"`
}

func load(path string) (*apiserver.AuthenticationConfiguration, error) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	object, err := runtime.Decode(codecs.UniversalDecoder(), data)
	if err != nil {
		return nil, err
	}
	config, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("%s: not an AuthenticationConfiguration", path)
	}
	invalid := validation.ValidateAuthenticationConfiguration(authenticationcel.NewDefaultCompiler(), config, nil)
	return config, invalid.ToAggregate()
}

func build(ctx context.Context, config *apiserver.AuthenticationConfiguration) ([]authenticator.Token, []func() error, error) {
	var tokens []authenticator.Token
	var health []func() error
	for i, jwt := range config.JWT {
		options := oidc.Options{
			JWTAuthenticator:     jwt,
			SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(), // as kube-apiserver with a structured configuration
		}
		if pem := jwt.Issuer.CertificateAuthority; pem != "" {
			ca, err := dynamiccertificates.NewStaticCAContent(fmt.Sprintf("jwt[%d]", i), []byte(pem))
			if err != nil {
				return nil, nil, err
			}
			options.CAContentProvider = ca
		}
		one, err := oidc.New(ctx, options)
		if err != nil {
			return nil, nil, err
		}
		tokens, health = append(tokens, one), append(health, one.HealthCheck)
	}
	return tokens, health, nil
}

func waitReady(health []func() error, limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		var errs []error
		for _, check := range health {
			if err := check(); err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return utilerrors.NewAggregate(errs)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func ask(ctx context.Context, tokens []authenticator.Token, token string) verdict {
	var errs []error
	for _, one := range tokens {
		response, ok, err := one.AuthenticateToken(ctx, token)
		if err != nil {
			errs = append(errs, err)
		}
		if ok {
			u := response.User
			return verdict{Authenticated: true, Username: u.GetName(), UID: u.GetUID(), Groups: u.GetGroups(), Extra: u.GetExtra()}
		}
	}
	if len(errs) == 0 {
		return verdict{Error: "no issuer of the configuration is responsible for this token"}
	}
	return verdict{Error: utilerrors.NewAggregate(errs).Error()}
}

func run() error {
	path := flag.String("config", "", "AuthenticationConfiguration, as for kube-apiserver")
	limit := flag.Duration("wait", 15*time.Second, "how long to wait for the issuer")
	flag.Parse()
	config, err := load(*path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tokens, health, err := build(ctx, config)
	if err != nil {
		return err
	}
	if err := waitReady(health, *limit); err != nil {
		return err
	}
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		if err := out.Encode(ask(ctx, tokens, strings.TrimSpace(in.Text()))); err != nil {
			return err
		}
	}
	return in.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "authenticator:", err)
		os.Exit(1)
	}
}
