#!/usr/bin/env python3
"""Are mistakes noticed? Each fault below is planted by itself in a copy of the tree, and some test has to fail.

Usage: tests/faults.py [--list] [--out FOLDER] [WORD ...]

With words: only faults whose names hold one of them. First the copy as it is must pass every suite that is
named below; then a fault counts as caught where the tree still compiles and one of its suites fails. Prints a
line a fault; exit status 1 where one is not caught. --list builds nothing: exit status 1 where a fault no
longer has its place in the tree.
"""
import argparse
import filecmp
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

# What goes wrong, the file, the text that stands there once, what stands there instead, the suites that are to
# fail; `fixtures` is `make fixtures`, `san:NAME` a suite under the sanitizers.
FAULTS = [
    # ---- base
    ("t interval: normal instead of Student's", "harness/base/statistic.c",
     "t_quantile((1 + level) / 2, (double)(n - 1)) *", "t_quantile((1 + level) / 2, 1e9) *", "statistic"),
    ("standard deviation over n", "harness/base/statistic.c",
     "sqrt(squares / (double)(n - 1))", "sqrt(squares / (double)n)", "statistic"),
    ("two-way interval: items left out", "harness/base/twoway.c",
     "double items = fmax(groups.variance - rest.variance, 0)", "double items = 0 * rest.variance", "twoway"),
    ("smallest detectable difference at 50 % power", "harness/base/twoway.c",
     "t_quantile(0.80, df)", "t_quantile(0.50, df)", "twoway"),
    ("Holm: all compared with all", "harness/base/multiple.c",
     "(double)(k - j) * placed[j].value", "(double)k * placed[j].value", "resample"),
    ("sign-flip: strictly more extreme", "harness/base/exact.c",
     "hits += flipped(difference, n, signs) >= seen;", "hits += flipped(difference, n, signs) > seen + 2e-12 * all;",
     "resample"),
    ("F1 without the gold ones", "harness/base/metric.c",
     "int64_t all = count.gold + count.answered;", "int64_t all = 2 * count.answered;", "metric"),
    ("ties ranked by their lowest", "harness/base/metric.c",
     "(double)below + ((double)equal + 1) / 2", "(double)below + 1 + 0 * (double)equal", "metric"),
    ("a dead run must be below the constant answer", "harness/base/metric.c",
     "score <= majority + 1e-12", "score < majority - 1e-12", "metric table"),
    ("what could not be written is left half-written", "harness/base/file.c",
     "    if (!ok)\n        unlink(part);", "    if (0)\n        unlink(part);", "file bad_input"),
    ("a choice's first letters are enough", "harness/base/option.c",
     "if ((size_t)choices.length[i] == length && !memcmp", "if ((size_t)choices.length[i] >= length && !memcmp",
     "option"),
    # ---- engine: the forward
    ("GELU by tanh", "harness/engine/kernel_activation.c",
     "y[i] = x[i] * (0.5f + 0.5f * erff(x[i] * ROOT_HALF));",
     "y[i] = x[i] * (0.5f + 0.5f * tanhf(0.7978846f * (x[i] + 0.044715f * x[i] * x[i] * x[i])));",
     "kernels fixtures"),
    ("LayerNorm over n - 1", "harness/engine/kernel_layernorm.c",
     "sum_deviations(in, H, mean) / (double)H + epsilon", "sum_deviations(in, H, mean) / (double)(H - 1) + epsilon",
     "kernels fixtures"),
    ("scores divided by the head's width", "harness/engine/kernel_attention.c",
     "float scale = (float)(1 / sqrt((double)size));\n    assert(q.cols % heads == 0 && extra_k.rows == extra_v.rows);",
     "float scale = (float)(1 / (double)size);\n    assert(q.cols % heads == 0 && extra_k.rows == extra_v.rows);",
     "attention fixtures"),
    ("a batch's loss is a sum", "harness/engine/kernel_loss.c",
     "double scale = weight / rows;", "double scale = weight;", "kernels fixtures"),
    # ---- engine: gradients, plan and update
    ("LayerNorm's gradient without its slope", "harness/engine/kernel_layernorm.c",
     "out[i] += s * (in[i] * g[i] - mean - normal[i] * slope);", "out[i] += s * (in[i] * g[i] - mean - 0 * slope);",
     "kernels operators"),
    ("a value's place is free a node too early", "harness/engine/plan.c",
     "last[node->in[k]] = (int32_t)i;", "last[node->in[k]] = (int32_t)i - (i > 0);", "plan ledger"),
    ("idle rows of an embedding stay as they are", "harness/engine/deferred.c",
     "adamw_idle(slot->value + at, slot->m + at, slot->v + at, cols, deferred->update + had,\n"
     "                   deferred->made - had);", "(void)cols, (void)at;", "deferred fixtures"),
    ("rows caught up by one update too few", "harness/engine/deferred.c",
     "deferred->made - had);", "deferred->made - had - 1);", "deferred"),
    ("AdamW without bias correction", "harness/engine/optimizer.c",
     ".step = (float)(update->rate / (1 - pow(update->beta1, t))),", ".step = (float)update->rate,",
     "optimizer fixtures"),
    ("L2 instead of decoupled decay", "harness/engine/optimizer.c",
     "*value = update->kept * *value -", "*value = 1 * *value -", "optimizer fixtures"),
    ("the rate is a step late", "harness/engine/optimizer.c",
     "lr * fmax(0, (double)(steps - t) / left)", "lr * fmax(0, (double)(steps - t - 1) / left)", "optimizer fixtures"),
    ("no warm-up", "harness/engine/optimizer.c",
     "return lr * (double)t / (double)warmup;", "return lr;", "optimizer fixtures"),
    ("no clipping", "harness/engine/optimizer.c",
     "return clip == 0 ? 1 : fmin(1, clip / (norm + 1e-6));", "return clip == 0 ? 1 : fmin(1, 1 + norm);",
     "optimizer fixtures"),
    ("recomputed in the topmost layer, too", "harness/engine/recompute.c",
     "r.block[v] = r.block[v] == top ? 0 : r.block[v];", "r.block[v] = r.block[v] == top + 1000 ? 0 : r.block[v];",
     "recompute"),
    # ---- model
    ("accents are kept", "harness/model/tokenizer.c",
     "bool dropped = property->category == UTF8PROC_CATEGORY_MN;", "bool dropped = property->category < 0;",
     "tokenizer"),
    ("a pair is cut at its first text alone", "harness/model/tokenizer.c",
     "size_t *shorter = *a <= *b ? a : b, *longer = *a <= *b ? b : a;", "size_t *shorter = b, *longer = a;",
     "tokenizer"),
    ("a tensor may end behind its file", "harness/model/checkpoint.c",
     "if ((uint64_t)end > body->size)", "if ((uint64_t)end > body->size + 64)", "checkpoint san:fuzz"),
    ("tensors may overlap", "harness/model/checkpoint.c",
     "if (tensor->data < end)", "if (tensor->data + 8 < end)", "checkpoint"),
    ("dropout stays in evaluation", "harness/model/describe.c",
     "if (!is->training)\n        is->hidden_dropout", "if (!is)\n        is->hidden_dropout", "bert verify"),
    ("merged: the bias of the layer is left out", "harness/model/sites.c",
     "return linear(graph, at->x, at->W, merged.b);", "return linear(graph, at->x, at->W, NO_VALUE);",
     "methods saved"),
    # ---- methods
    ("LoRA: the scale is alpha", "methods/lora.c",
     "return lora->alpha / (lora->rslora ? sqrt((double)lora->rank) : (double)lora->rank);", "return lora->alpha;",
     "fixtures"),
    ("LoRA: B starts like A", "methods/lora.c",
     ".B = trained(build, at, \"B\", at->out, lora->rank, init_zero()),",
     ".B = trained(build, at, \"B\", at->out, lora->rank, init_uniform(0.1)),", "verify"),
    ("BitFit without the LayerNorms' offsets", "methods/bitfit.c",
     "return at->kind == KIND_BIAS || at->kind == KIND_OFFSET;", "return at->kind == KIND_BIAS;", "verify params"),
    ("DoRA: the norm's gradient is always left out", "methods/dora.c",
     "unit_length_rows(graph, V, dora->norm == CONSTANT)", "unit_length_rows(graph, V, true)", "fixtures"),
    ("(IA)3 at the layer's output instead of its input", "methods/ia3.c",
     "return linear(graph, scale_columns(graph, at->x, factors(build, at)), at->W, at->b);",
     "return (void)factors(build, at), at->y;", "fixtures verify"),
    ("the parallel adapter's scale is 1", "methods/adapter.c",
     "[PARALLEL] = { AT_FFN, CHOSE_RELU, false, 4 },", "[PARALLEL] = { AT_FFN, CHOSE_RELU, false, 1 },", "attached"),
    ("prefix: keys and values swapped", "methods/prefix.c",
     "return (KeysValues){ rows(build, chosen, layer, 0, \"key\"),\n"
     "                         rows(build, chosen, layer, 1, \"value\") };",
     "return (KeysValues){ rows(build, chosen, layer, 1, \"value\"),\n"
     "                         rows(build, chosen, layer, 0, \"key\") };", "fixtures"),
    ("topk counts from the bottom", "methods/topk.c",
     "at->layer >= at->layers - topk->layers", "at->layer < topk->layers", "fixtures"),
    # ---- data
    ("tune's sentences stay in train as phrases", "harness/data/splits.c",
     "if (place[i] == STAYS && is_inside(&nesting, i))", "if (0 && is_inside(&nesting, i))", "dataset"),
    ("groups are torn apart", "harness/data/splits.c",
     "for (end = begin + 1; end < rows && key_same(&key[begin], &key[end]);)\n            end++;",
     "end = begin + 1;", "dataset"),
    ("dev's labels are there while training", "harness/data/splits.c",
     "            row->label = -1;\n            row->score = 0;\n        }\n    arena_rewind(arena, mark);",
     "        }\n    arena_rewind(arena, mark);", "tasks dataset"),
    ("CSV: fields are quoted by apostrophes", "harness/base/csv.c",
     "csv_set_blk_size(&parser, FIELD_ROOM);", "csv_set_quote(&parser, '\\'');", "csv"),
    # ---- run
    ("selection takes the last of equal looks", "harness/train/selection.c",
     "!(score > best->score)", "!(score >= best->score)", "selection"),
    ("the best look is not brought back", "harness/train/selection.c",
     "copy(best, true);", "(void)best;", "selection"),
    ("a part of a batch weighs like the whole", "harness/run/steps.c",
     "double weight = (double)count / (double)whole;", "double weight = 1 + 0 * (double)whole;", "levers"),
    ("kept rows are another example's", "harness/train/kept.c",
     "Matrix place = block_of(kept, value, batch->example[s]);",
     "Matrix place = block_of(kept, value, batch->example[0]);", "frozen"),
    ("a look before the rows have caught up", "harness/train/trainer.c",
     "    trainer_settle(trainer);\n    runner_step(trainer->eval", "    runner_step(trainer->eval", "training"),
    ("a run that failed takes a finished row's place", "harness/run/run_write.c",
     "if (!row_ok(run->row) && row_finished(arena, path, p->row.key))", "if (0 && row_finished(arena, path, p->row.key))", "run"),
    ("two processes that do the same run write at once", "harness/base/lock.c",
     "while (lock.file >= 0 && flock(lock.file, LOCK_EX) != 0)", "while (0 && flock(lock.file, LOCK_EX) != 0)",
     "run saved"),
    ("the arena's highest byte is what was planned", "harness/train/trainer.c",
     "    while (words > 0 && (word[words - 1] == trainer->fill || word[words - 1] == PATTERN))\n        words--;",
     "    (void)word;", "training"),
    ("told to stop near the optimum is solved", "harness/engine/logistic.c",
     "    if (problem.stopped) //", "    if (problem.stopped && most > ENOUGH) //", "logistic"),
    ("a fit that was told to stop is believed", "harness/run/run_learn.c",
     "if (run->interrupted || run->late) // whatever", "if (!whole && (run->interrupted || run->late)) // whatever",
     "feature"),
    ("without room for a file levers are chosen anew", "harness/run/prepare_plans.c",
     "return plan_with(arena, &chosen, p, error) && still_within(arena, p, error);",
     "return (void)&chosen, (void)still_within, plan_once(arena, p, error);", "kept"),
    # ---- sweep
    ("the search takes the worst", "harness/sweep/search.c",
     "return of_a->score > of_b->score;", "return of_a->score < of_b->score;", "search"),
    ("the search looks at ties by luck", "harness/sweep/search.c",
     "return loss_of(of_a) < loss_of(of_b);", "return false;", "search"),
    ("trials may train on tune", "harness/sweep/agenda.c",
     "protocol->train_on = TRAIN_ON_TRAIN; // finals alone may train on tune", "", "agenda"),
    ("finals have the trials' seed", "harness/sweep/agenda.c",
     "if (stream_seed(final->init_seed, final->seed) == trials->init_seed &&",
     "if (!final && stream_seed(final->init_seed, final->seed) == trials->init_seed &&", "sweep_search"),
    ("finals are one run", "harness/sweep/agenda.c",
     "bool own = !job->trial &&", "bool own = !job &&", "sweep_search"),
    ("shards leave settings out", "harness/sweep/agenda.c",
     "(number + number / shard.count) % shard.count == shard.index", "number % (shard.count + 1) == shard.index",
     "sweep agenda"),
    # ---- report
    ("folds: all weigh alike", "harness/report/summary_fill.c",
     "folds == 1 ? 1 : (double)n", "folds == 1 ? 1 : 1", "table"),
    ("folds: a seed without one of them has a score", "harness/report/summary_fill.c",
     "if (folds == cell->folds)", "if (folds > 0)", "table"),
    ("folds: groups of two folds with one number", "harness/report/predictions.c",
     "(uint32_t)all->groups + items->group[k]", "items->group[k]", "compare"),
    ("folds: other data under one fold", "harness/report/summary.c",
     '{ "data_sha", true, true }', '{ "fold", true, true }', "table"),
    ("near ties within two standard errors", "harness/report/table_notes.c",
     "best - sqrt(best * (1 - best)", "best - 2 * sqrt(best * (1 - best)", "table"),
    ("blocks of one task in the order of their texts", "harness/report/summary_label.c",
     "if (column->type == COLUMN_Text || !*a", "if (column || !*a", "table"),
    ("a diverged run is left out of the count", "harness/report/summary_fill.c",
     "cell->diverged += !strcmp(status, \"diverged\");", "", "table"),
    ("the interval of a table at 90 %", "harness/report/summary_fill.c",
     "interval_of(mean, complete, 0.95)", "interval_of(mean, complete, 0.90)", "table"),
    ("the lowest floor is shown", "harness/report/floor.c",
     "score <= highest->score", "score >= highest->score", "choice"),
    ("letters without Holm", "harness/report/letters.c",
     "*pairs = holm(arena, p, pair, adjusted);",
     "*pairs = holm(arena, p, pair, adjusted);\n    for (size_t i = 0; i < pair; i++)\n        adjusted[i] = p[i];",
     "letters"),
    ("the metric is not in the key", "harness/run/prepare_key.c",
     "if (task->metric != METRIC_ACCURACY)", "if (false)", "tasks"),
    ("a rate of another model is taken over", "harness/sweep/found.c",
     '{ "pretrained", "head", "model_sha", "vocab_sha" }', '{ "pretrained", "head" }', "search"),
    ("what contradicts another option is dropped", "harness/main.c",
     "return arguments_agree(arena, arguments, command->one_of, error) &&", "return", "command"),
    ("a command's words break its line", "harness/sweep/child.c",
     "else if (*from == '\\n')", "else if (false)", "sweep"),
    ("a test split with labels in one file alone", "harness/data/records.c",
     "!all.record->label != !part.record->label", "false", "tasks task dataset"),
    ("an answer that is no number is one", "harness/command/predict.c",
     "if (!isfinite(logits[i]))", "if (isinf(logits[i]))", "saved heldout"),
    ("two tokenizers are one line", "harness/base/row_columns.h",
     "COLUMN(vocab_sha, Text, line,", "COLUMN(vocab_sha, Text, decided,", "table"),
    ("points are a score, too", "harness/base/row.c",
     "!(fabs(score) > 1)", "!(fabs(score) > 100)", "row table"),
    ("the resident peak is that of the whole process", "harness/report/column.c",
     '"rss_train_peak", \'r\'', '"rss_peak", \'r\'', "table choice"),
    ("a dry run compares the floor, too", "harness/sweep/forecast.c",
     "!(asked->request.method->claims & TRAINS_NOTHING) &&", "true &&", "sweep"),
    ("a part may be without a setting", "harness/sweep/sweep.c",
     "return parts <= settings ||", "return parts > 0 || parts <= settings ||", "sweep_search"),
    ("what says pretrained is untrained", "harness/report/summary_label.c",
     ' && !strcmp(setting->value, "no")', "", "table"),
    ("a lever's change is from other seeds", "harness/report/summary.c",
     "if (same_seeds(cell, other))", "if (same_seeds(cell, other) || true)", "table"),
    ("compare: what is detectable is of one comparison alone", "harness/report/compare.c",
     "comparisons->family);\n    }", "1);\n    }", "compare_several"),
    ("a fold that was not run is not counted in a caption", "harness/report/page.c",
     "all.not_run += cell->not_run;", "", "figure"),
    ("compare each: the floor is a method, too", "harness/report/compare.c",
     "if (cell_is_null(cell) || has_run", "if (has_run", "compare_several"),
    ("compare each: the other side against itself", "harness/report/compare.c",
     "if (!strcmp(known(cell->run[r]->key), known(run->key)))", "if (!cell->run[r]->key || !run->key)", "compare_several"),
    ("dead runs are those of the split that is reported", "harness/report/on_split.c",
     "double majority = run_majority(arena, rows, row, split);", "double majority = rows ? row->majority_score : run_majority(arena, rows, row, split);", "table compare"),
    ("a trial is judged by the row alone", "harness/report/on_split.c",
     " && !isnan(row->majority_score)", "", "table"),
    ("scores that are cut within a number are believed", "harness/report/on_split.c",
     " || bytes.data[bytes.size - 1] != '\\n'", "", "table"),
    ("null is a rival", "harness/report/table_letters.c",
     "if (cell_is_null(&cell[c]))", "if (!cell[c].label)", "choice"),
    ("a row loses the search that its rate came from", "harness/sweep/agenda_rows.c",
     " || !job->decided.winner_key", "", "sweep_search"),
    ("trials of another search are awaited", "harness/sweep/agenda_rows.c",
     "if (trials <= (size_t)agenda->spec->search.trials)", "if (trials > 0)", "sweep_search"),
    ("a rate found beside another rate of the head", "harness/sweep/found.c",
     '{ "lr", "micro_batch"', '{ "lr", "head_lr", "micro_batch"', "sweep_search"),
    ("a device becomes a file", "harness/base/file.c",
     "if (stat(path, &there) == 0 && !S_ISREG", "if (stat(path, &there) == 0 && !path && !S_ISREG", "file"),
    ("a link is replaced", "harness/base/file.c",
     "if (realpath(path, target))", "if (!path && realpath(path, target))", "file"),
    ("a row takes another task's place", "harness/run/run_write.c",
     "if (before && !text_same(before->task", "if (before && !before && !text_same(before->task", "bad_input"),
    ("a column of CSV stands there twice", "harness/report/table_csv.c",
     "bool before = text_among(column->name, always);", "bool before = !column && text_among(column->name, always);",
     "table"),
    ("an archive of the other byte order", "harness/model/torch.c",
     "!memcmp(data, little, size)) || foreign(reader, error)", "!memcmp(data, little, size)) || size > 0", "torch"),
    ("special tokens of their own are cut up", "harness/model/tokenizer_settings.c",
     '{ "never_split", "additional_special_tokens",', '{ "never_split", "additional_special_tokens_",', "tokenizer"),
    ("a decoder of its own is taken for the words", "harness/run/prepare.c",
     " && p->model->config.untied)", " && !protocol)", "heldout"),
    ("a parameter that starts from others is packed", "harness/engine/pack.c",
     "read[p] |= graph->parameter[p].init.kind == INIT_OTHERS;", "read[p] |= false;", "packed"),
    ("a node without an input", "harness/engine/graph.c",
     "if (node->in[i] == NO_VALUE && !(node->op->optional >> i & 1))", "if (!node)", "graph"),
    ("ridge of vectors that are no numbers", "harness/engine/ridge.c",
     "if (!isfinite(ridge->gram[c * cols + c]))", "if (ridge->gram[c * cols + c] < 0)", "ridge"),
    ("the own control group's limit is not looked at", "harness/base/machine.c",
     "least = fmin(least, limit_from(root, group, \"memory.max\"));", "least = fmin(least, INFINITY);", "machine"),
    ("values are looked for in the rows that are left", "harness/command/select.c",
     "if (condition[g].column)\n            keep(arena, rows, &condition[g]);",
     "if (condition[g].column && values_are_there(arena, rows, &condition[g], error))\n"
     "            keep(arena, rows, &condition[g]);", "choice"),
    ("the held-out pass is in no ledger", "harness/run/heldout.c",
     "*peak = first > last ? first : last;", "*peak = 0 * (first + last);", "heldout ledger memory"),
    ("a file of rows may have any name", "harness/base/row.c",
     "if (count != 1 || !text_same(rows->key, key))", "if (count != 1 || (!rows->key && !key))", "row table sweep"),
    ("the paper's table of the calibration is another", "tests/test_calibration.c",
     "normal_start(normal, 20261125", "normal_start(normal, 20261126", "calibration"),
    ("a floor of other data", "harness/report/floor.c",
     "(!floor->data_sha || text_same(fold->row->data_sha, floor->data_sha)) &&", "", "choice"),
]

CONTROL = "as it is"


def fault_list(words):
    kept = [f for f in FAULTS if not words or any(w in f[0] for w in words)]
    if not kept:
        sys.exit("faults: no fault's name holds %s; see --list" % " or ".join(words))
    return kept


def tree_copied(root, tree):
    """The tracked files; what differs is written anew, so that it is younger than what was made of it."""
    names = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True).stdout
    wanted = {n for n in names.decode().split("\0") if n and (root / n).is_file()}
    for old in [p for p in tree.rglob("*") if p.is_file() and not str(p.relative_to(tree)).startswith("build/")]:
        if str(old.relative_to(tree)) not in wanted:
            old.unlink()
    for name in sorted(wanted):
        source, to = root / name, tree / name
        if to.exists() and filecmp.cmp(source, to, shallow=False):
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)
        shutil.copymode(source, to)


def make(tree, log, *goals):
    alone = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")} # a make of its own
    with open(log, "w") as out:
        job = subprocess.Popen(["make", "DEPS=no", *goals], cwd=tree, env=alone, stdout=out,
                               stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return job.wait()
        finally:
            if job.poll() is None: # interrupted: else it would go on to make objects of what was planted
                os.killpg(job.pid, signal.SIGTERM)
                job.wait()


def compiles(tree, log, suite):
    kind = ["SAN=1"] if suite.startswith("san:") else []
    build = "build/gcc-san" if kind else "build/gcc"
    programs = [build + "/tunemark"] + [build + ("/fixtures" if suite == "fixtures" else "/run-tests")]
    return make(tree, log, *kind, *programs) == 0


def suite_fails(tree, log, suite):
    """Why it failed: the first line that says so; "" where it passed."""
    if suite == "fixtures":
        goals = ["fixtures"]
    elif suite.startswith("san:"):
        goals = ["test", "SAN=1", "SUITE=" + suite[4:]]
    else:
        goals = ["test", "SUITE=" + suite]
    if make(tree, log, *goals) == 0:
        return ""
    text = Path(log).read_text(errors="replace")
    line = re.search(r"^.*(had failures|FAILED|ERROR: AddressSanitizer|runtime error|ended with status).*$|^.*: .*(off by|"
                     r"differs|wrong).*$|^.* should be .* within .*$", text, re.MULTILINE)
    return (line.group(0).strip() if line else text.strip().splitlines()[-1])[:100]


def planted(tree, log, fault):
    """(outcome, suite, its line): caught, missed, or broken where the list no longer fits the tree."""
    name, path, old, new, suites = fault
    at = tree / path
    right = at.read_text()
    if right.count(old) != 1:
        return "broken", path, "what is to be changed stands there %d times, not once" % right.count(old)
    at.write_text(right.replace(old, new))
    try:
        for suite in suites.split():
            if not compiles(tree, log, suite):
                return "broken", path, "does not compile: " + next(
                    (l for l in Path(log).read_text().splitlines() if "error" in l), "")
            line = suite_fails(tree, log, suite)
            if line:
                return "caught", suite, line
        return "missed", suites, ""
    finally:
        at.write_text(right)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="See the top of this file.")
    parser.add_argument("--list", action="store_true", help="print the faults and their suites")
    parser.add_argument("--out", default="build/faults", help="where the copy and the logs lie (default: %(default)s)")
    parser.add_argument("word", nargs="*", help="only faults whose names hold one of these")
    args = parser.parse_args()
    faults = fault_list(args.word)
    root = Path(__file__).resolve().parent.parent
    if args.list:
        lost = 0
        for name, path, old, _, suites in faults:
            there = (root / path).is_file() and (root / path).read_text().count(old) == 1
            lost += not there
            print("%-52s %-36s %s" % (name, path, suites if there else "has lost its place"))
        return 1 if lost else 0
    out = (root / args.out).resolve()
    tree = out / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    tree_copied(root, tree)
    log = out / "log"
    for suite in sorted({s for f in faults for s in f[4].split()}):
        if not compiles(tree, log, suite) or suite_fails(tree, log, suite):
            sys.exit("faults: %s fails %s; see %s" % (suite, CONTROL, log))
    counts, start = {"caught": 0, "missed": 0, "broken": 0}, time.time()
    for fault in faults:
        outcome, where, line = planted(tree, log, fault)
        counts[outcome] += 1
        print("%-7s %-52s %s%s" % (outcome, fault[0], where, ": " + line if line else ""), flush=True)
    print("%d faults: %d caught, %d missed, %d broken, in %.0f s" % (
        len(faults), counts["caught"], counts["missed"], counts["broken"], time.time() - start))
    return 0 if counts["caught"] == len(faults) else 1


if __name__ == "__main__":
    for stop in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(stop) == signal.SIG_DFL: # else ignored, as by nohup
            signal.signal(stop, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
