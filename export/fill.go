package export

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/export/outbox"
	"writ/export/pack"
	"writ/export/plan"
	"writ/export/policy"
	"writ/manifest"
	"writ/manifest/commit"
)

// fill pulls, packs, seals and signs: it leaves a complete delivery in staging.
func (c *Config) fill(ctx context.Context, s *session, stage *outbox.Staging, id string) (*waiting, error) {
	if err := stage.Clear(); err != nil {
		return nil, err
	}
	done, err := c.pull(ctx, s, stage, id)
	if err != nil {
		return nil, err
	}
	statement := c.statement(s.plan, id, done)
	signed, err := manifest.Sign(statement, c.Signer)
	if err != nil {
		return nil, err
	}
	// Last: a manifest in staging says that its delivery is complete.
	if err := stage.Write(manifestName(id), signed); err != nil {
		return nil, err
	}
	return &waiting{statement, signed}, nil
}

// pulled is what one run of the stores left, as the manifest states it.
type pulled struct {
	id                string
	started, finished time.Time
	datasets          map[int]packed // by place in the plan
	ciphertext        manifest.File
	sums              pack.Sums
}

type packed struct {
	pack.Packed
	at time.Time
}

// pull reads what the plan fixed, once, and writes the ciphertext.
func (c *Config) pull(ctx context.Context, s *session, stage *outbox.Staging, id string) (*pulled, error) {
	file, err := stage.Create(ciphertextName(id))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	sealed, err := seal.Seal(io.MultiWriter(file, sum), s.plan.Decision().Order().Recipient())
	if err != nil {
		return nil, err
	}
	done, err := c.pack(ctx, s, sealed, id)
	if err != nil {
		return nil, err
	}
	if err := sealed.Close(); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	done.ciphertext = manifest.File{Name: ciphertextName(id), SizeBytes: info.Size(), SHA256: digest.Digest(sum.Sum(nil))}
	return done, file.Close()
}

// pack writes the bag of what the plan reads.
func (c *Config) pack(ctx context.Context, s *session, dst io.Writer, id string) (*pulled, error) {
	workers := c.Workers
	if workers == 0 {
		// One connection feeds three of them. More would only take memory.
		workers = min(runtime.GOMAXPROCS(0), 4)
	}
	ceilings := s.plan.Decision().Ceilings()
	seed := commit.NewSeed()
	progress := &teller{tell: c.Progress}
	w, err := pack.New(dst, pack.Config{
		Name: id, Created: s.plan.Decision().DecidedAt(), Seed: seed,
		Workers: workers, MaxBytes: ceilings.Bytes, Progress: progress.progress,
	})
	if err != nil {
		return nil, err
	}
	done := &pulled{id: id, started: c.now(), datasets: make(map[int]packed)}
	pulls := newPulls(ctx, s.plan.Datasets(), s.snapshots, workers, c.now)
	defer pulls.close()
	for p := range pulls.each {
		d := p.dataset
		progress.estimated = d.Estimated
		whole, err := w.Dataset(ctx, string(d.Decision.Dataset), p.batches(ctx), ceilings.Records)
		if err != nil {
			return nil, fmt.Errorf("dataset %q: %w", d.Decision.Dataset, ceiling(err, s.decision.CeilingRule()))
		}
		done.datasets[p.place] = packed{whole, p.at}
	}
	if done.finished = c.now(); done.finished.Before(done.started) || done.started.Before(s.plan.Decision().DecidedAt()) {
		return nil, fmt.Errorf("%w during the export, which ends at %s; check the clock's synchronisation and run the export again",
			ErrClock, done.finished.UTC().Format(time.RFC3339))
	}
	if err := c.describe(w, s.plan, done); err != nil {
		return nil, err
	}
	done.sums, err = w.Close()
	return done, err
}

// ceiling says that what grew over a bound of the policy did so.
func ceiling(err error, rule policy.Rule) error {
	switch {
	case errors.Is(err, pack.ErrTooMany):
		return fmt.Errorf("%w: %w; %s", plan.ErrCeiling, err, plan.LiftHint(rule.ID, "records"))
	case errors.Is(err, pack.ErrTooLarge):
		return fmt.Errorf("%w: %w; %s", plan.ErrCeiling, err, plan.LiftHint(rule.ID, "bytes"))
	}
	return err
}

// A teller passes progress on, with what was estimated of the dataset at hand.
type teller struct {
	tell      func(Progress)
	estimated int64
}

func (t *teller) progress(dataset string, records, bytes int64) {
	if t.tell != nil {
		t.tell(Progress{Dataset: dataset, Records: records, Bytes: bytes, Estimated: t.estimated})
	}
}
