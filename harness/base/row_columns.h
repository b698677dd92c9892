// row_columns.h: one line a column, in the order of the file. Nothing else lists them all.
//
// A column's role is what it says of a run; tables, comparisons and searches go by it. Fixed before
// the run starts:
//   decided   a name, or what follows from other columns: sets no runs apart
//   seed      runs of one cell of a table differ in these alone
//   line      what stands in one line of a table
//   effort    the line's, too: how its rate was come by
//   lever     the line's, too: how memory was saved; empty where it was not
//   rate      the line's, too; of each fold where it was searched
//   steps     the block's; as a rate where a search tries or chose it
//   fold      the block's; but the folds of one task differ in it
//   block     what all lines of a table have
//   found     what the search left that the rate is from
// What came out is a `result`. What differs from one execution to the next, and is left out when
// two rows are compared, is `measured`; and of the `machine` where seconds of rows that differ in
// it are not of one kind.
#ifndef BASE_ROW_COLUMNS_H
#define BASE_ROW_COLUMNS_H

// clang-format off
// COLUMN(name, type, role, group, unit, source)
#define ROW_COLUMNS(COLUMN)                                                                        \
    /* key */                                                                                      \
    COLUMN(key, Text, decided, key, "",                                                            \
           "SHA-256 of the resolved description: all that decides the result, in one canonical "   \
           "text")                                                                                 \
    COLUMN(schema, Whole, decided, key, "", "version of this list of columns")                     \
    COLUMN(numerics, Whole, block, key, "",                                                        \
           "number that the authors raise whenever the same description computes other results")   \
    COLUMN(status, Text, result, key, "",                                                          \
           "ok, diverged (the loss or its gradient was not finite, or a fit found no end), failed or timeout") \
    COLUMN(attempts, Whole, measured, key, "",                                                     \
           "starts of this run in its sweep, this one among them")                                 \
    COLUMN(error, Text, measured, key, "", "why the run did not end well, one line")               \
    COLUMN(warnings, Text, result, key, "",                                                        \
           "what a reader should know of this run, joined by \"; \"")                              \
    COLUMN(finished_at, Text, measured, key, "UTC",                                                \
           "when the row was written, as 2026-01-31T23:59:59Z")                                    \
    COLUMN(commit, Text, measured, key, "",                                                        \
           "commit of the source that the program was built from")                                 \
    COLUMN(dirty, Text, measured, key, "",                                                         \
           "yes when that source had changes which were not committed, else no")                   \
    /* what */                                                                                     \
    COLUMN(sweep, Text, decided, what, "", "name of the spec that the run belongs to")             \
    COLUMN(study, Text, decided, what, "", "name of the comparison within the spec")               \
    COLUMN(stage, Text, decided, what, "", "trial (of a search) or final")                         \
    COLUMN(task, Text, decided, what, "", "name of the task")                                      \
    COLUMN(task_version, Text, block, what, "",                                                    \
           "version in the task's file; \"folder\" where there is none")                           \
    COLUMN(model, Text, line, what, "", "name of the checkpoint")                                  \
    COLUMN(method, Text, line, what, "", "name of the method")                                     \
    COLUMN(options, Text, line, what, "",                                                          \
           "the method's options, lora.alpha=16;lora.rank=8, sorted, defaults included")           \
    COLUMN(method_sha, Text, line, what, "", "SHA-256 of the method's file without comments and default rates") \
    COLUMN(pretrained, Text, line, what, "", "yes, or no when all weights were drawn anew")        \
    COLUMN(init_from, Text, block, what, "",                                                       \
           "key of the run whose weights this one started from (of no run so far)")                \
    COLUMN(seed, Whole, seed, what, "",                                                            \
           "the seed that sets the other four unless they are given")                              \
    COLUMN(init_seed, Whole, seed, what, "", "seed of initial values")                             \
    COLUMN(order_seed, Whole, seed, what, "", "seed of the order of examples")                     \
    COLUMN(dropout_seed, Whole, seed, what, "", "seed of dropout masks")                           \
    COLUMN(data_seed, Whole, seed, what, "", "seed of the draw of a part of the training rows")    \
    COLUMN(fold, Whole, fold, what, "", "number of the cross-validation fold")                     \
    /* protocol */                                                                                 \
    COLUMN(train_n, Whole, fold, protocol, "rows", "rows trained on")                              \
    COLUMN(tune_n, Whole, fold, protocol, "rows", "rows that selection sees")                      \
    COLUMN(train_on, Text, block, protocol, "", "train, or train+tune")                            \
    COLUMN(train_limit, Whole, block, protocol, "rows", "the limit that was asked for")            \
    COLUMN(max_length, Whole, block, protocol, "tokens",                                           \
           "longest sequence, special tokens counted; longer ones are cut")                        \
    COLUMN(truncated_share, Real, decided, protocol, "fraction",                                   \
           "share of the training rows that were cut")                                             \
    COLUMN(head, Text, line, protocol, "",                                                         \
           "the classifier: pooler, linear, mean or mlp (auto is resolved); auto where a fit "     \
           "chose it: search_space says what it took")                                             \
    COLUMN(head_new, Whole, decided, protocol, "layers",                                           \
           "new dense layers of the head beside the classifier")                                   \
    COLUMN(head_lr, Real, rate, protocol, "", "peak learning rate of the head")                    \
    COLUMN(epochs, Whole, steps, protocol, "epochs",                                               \
           "passes over the training rows that were asked for")                                    \
    COLUMN(min_steps, Whole, steps, protocol, "steps", "fewest steps, whatever the epochs")        \
    COLUMN(select, Text, block, protocol, "", "last step, or best epoch by the score on tune")     \
    COLUMN(best_epoch, Whole, result, protocol, "epochs",                                          \
           "the epoch whose weights were evaluated, from 1")                                       \
    COLUMN(steps, Whole, decided, protocol, "steps",                                               \
           "optimizer steps planned: max(epochs x ceil(train_n / batch), min_steps); 0 for a "     \
           "method that trains nothing")                                                           \
    COLUMN(batch, Whole, block, protocol, "rows", "examples a step")                               \
    COLUMN(micro_batch, Whole, lever, protocol, "rows",                                            \
           "examples that went through the model at once, where fewer than batch; gradients of "   \
           "such parts are summed up to a step")                                                   \
    COLUMN(recompute, Text, lever, protocol, "",                                                   \
           "yes when activations within a layer were computed again for its backward")             \
    COLUMN(optimizer, Text, block, protocol, "", "name of the optimizer")                          \
    COLUMN(lr, Real, rate, protocol, "", "peak learning rate")                                     \
    COLUMN(lr_source, Text, effort, protocol, "", "given, searched or default")                    \
    COLUMN(schedule, Text, block, protocol, "", "shape of the learning rate over the steps")       \
    COLUMN(warmup, Real, block, protocol, "fraction",                                              \
           "share of the steps over which the learning rate rises from 0")                         \
    COLUMN(weight_decay, Real, block, protocol, "", "decoupled weight decay")                      \
    COLUMN(clip, Real, block, protocol, "",                                                        \
           "largest norm of the gradient over all trained parameters; 0 for none")                 \
    COLUMN(dropout, Real, block, protocol, "fraction",                                             \
           "rate of dropout of the hidden states; the config's where none was asked for")          \
    COLUMN(frozen_dropout, Text, line, protocol, "",                                               \
           "yes when the part below the first trained parameter ran with dropout")                 \
    COLUMN(frozen_dtype, Text, lever, protocol, "",                                                \
           "format of the frozen weights of linear layers where it is not F32: bf16, or int8 "     \
           "with a scale a row")                                                                   \
    COLUMN(trials, Whole, effort, protocol, "runs",                                                \
           "trials of the search that this setting got; or settings that a fit compared on tune")  \
    COLUMN(search_space, Text, found, protocol, "",                                                \
           "what the search tried; of one within a fit also, behind the colon, what it took")      \
    COLUMN(winner_key, Text, found, protocol, "",                                                  \
           "key of the trial whose settings this run uses")                                        \
    COLUMN(winner_on_edge, Text, found, protocol, "",                                              \
           "yes when the winner's learning rate was the lowest or highest tried; of a fit, its "   \
           "penalty")                                                                              \
    COLUMN(search_s, Real, measured, protocol, "seconds",                                          \
           "sum of wall_s over the trials of this setting; or of the fits that were compared")     \
    COLUMN(budget, Real, line, protocol, "fraction",                                               \
           "share of budget_of that the method was allowed to train: its size is the largest "     \
           "within it; empty: its size was not solved for")                                        \
    COLUMN(budget_of, Text, decided, protocol, "",                                                 \
           "what budget is a share of: nonembedding, as in method_share_nonembedding")             \
    /* score */                                                                                    \
    COLUMN(metric, Text, decided, score, "", "the task's metric: the one that score is in")        \
    COLUMN(eval_split, Text, decided, score, "", "the split that score is on: dev or test; of a trial tune, without a score") \
    COLUMN(eval_n, Whole, decided, score, "rows", "rows of that split")                            \
    COLUMN(score, Real, result, score, "fraction",                                                 \
           "metric on eval_split, read once, after the last step")                                 \
    COLUMN(score_dev, Real, result, score, "fraction", "metric on dev")                            \
    COLUMN(score_test, Real, result, score, "fraction", "metric on test, where it has labels")     \
    COLUMN(test_n, Whole, decided, score, "rows", "rows of test with labels")                      \
    COLUMN(tune_score, Real, result, score, "fraction",                                            \
           "metric on tune, of the weights that were evaluated")                                   \
    COLUMN(majority_score, Real, result, score, "fraction",                                        \
           "metric of the best constant answer on eval_split")                                     \
    COLUMN(loss, Real, result, score, "nats",                                                      \
           "mean loss on eval_split (squared error for a task with scores)")                       \
    COLUMN(accuracy, Real, result, score, "fraction", "share of right answers on eval_split")      \
    COLUMN(f1, Real, result, score, "fraction", "F1 of the positive label on eval_split")          \
    COLUMN(f1_macro, Real, result, score, "fraction",                                              \
           "mean F1 of the labels that occur in eval_split or in the answers")                     \
    COLUMN(matthews, Real, result, score, "fraction",                                              \
           "Matthews correlation on eval_split, -1 to 1")                                          \
    COLUMN(pearson, Real, result, score, "fraction", "Pearson correlation on eval_split, -1 to 1") \
    COLUMN(spearman, Real, result, score, "fraction",                                              \
           "Spearman correlation on eval_split, -1 to 1")                                          \
    COLUMN(rmse, Real, result, score, "",                                                          \
           "root of the mean squared error on eval_split, in the task's unit")                     \
    COLUMN(ece, Real, result, score, "fraction",                                                   \
           "expected calibration error on eval_split, 15 bins")                                    \
    COLUMN(mlm_before, Real, result, score, "nats",                                                \
           "masked-language-model loss on the texts of --heldout, of the untouched checkpoint")    \
    COLUMN(mlm_after, Real, result, score, "nats",                                                 \
           "the same after tuning, with the method as it is used")                                 \
    /* parameters */                                                                               \
    COLUMN(params_total, Whole, decided, parameters, "numbers",                                    \
           "all parameters of the tuned model: checkpoint, method and head")                       \
    COLUMN(params_embedding, Whole, decided, parameters, "numbers",                                \
           "embedding tensors: (vocabulary + positions + types + 2) x hidden")                     \
    COLUMN(params_nonembedding, Whole, decided, parameters, "numbers",                             \
           "params_total less params_embedding")                                                   \
    COLUMN(params_trained, Whole, decided, parameters, "numbers",                                  \
           "sum over the trained parameters of the graph, head included")                          \
    COLUMN(params_changed, Whole, result, parameters, "numbers",                                   \
           "parameters that differ between the first step and the last (the best epoch's, where it was selected)") \
    COLUMN(params_method, Whole, decided, parameters, "numbers",                                   \
           "parameters that the method adds to the model")                                         \
    COLUMN(params_head, Whole, decided, parameters, "numbers",                                     \
           "parameters of the head; of a fitted one its free numbers: of two classes one vector")  \
    COLUMN(trained_share, Real, decided, parameters, "fraction", "params_trained / params_total")  \
    COLUMN(method_share, Real, decided, parameters, "fraction",                                    \
           "(params_trained - params_head) / (params_total - params_head - params_method)")        \
    COLUMN(trained_share_nonembedding, Real, decided, parameters, "fraction",                      \
           "trained_share without embedding tensors below the line and tables above it; 1 at "     \
           "most")                                                                                 \
    COLUMN(method_share_nonembedding, Real, decided, parameters, "fraction",                       \
           "method_share without embedding tensors below the line and tables above it; 1 at "      \
           "most")                                                                                 \
    COLUMN(saved_bytes, Whole, result, parameters, "bytes",                                        \
           "what storing this one task costs: method.safetensors with the head")                   \
    /* memory */                                                                                   \
    COLUMN(plan_weights, Whole, decided, memory, "bytes", "planner: weights, frozen and trained")  \
    COLUMN(plan_gradients, Whole, decided, memory, "bytes",                                        \
           "planner: gradients of trained parameters")                                             \
    COLUMN(plan_optimizer, Whole, decided, memory, "bytes",                                        \
           "planner: the optimizer's state; with --select best, the best weights so far")          \
    COLUMN(plan_activations, Whole, decided, memory, "bytes",                                      \
           "planner: all values of a training step but weights and their gradients, those with "   \
           "disjoint lives in one place; and what a frozen bottom gave all training rows, where "  \
           "it is kept in memory")                                                                 \
    COLUMN(plan_workspace, Whole, decided, memory, "bytes",                                        \
           "planner: the largest scratch of an operator")                                          \
    COLUMN(plan_peak, Whole, decided, memory, "bytes",                                             \
           "planner: weights, their gradients, optimizer, what is kept of a frozen bottom in "     \
           "memory, and step of training (of evaluation where nothing trains; where something was kept, of " \
           "the pass that computes it, if that is larger)")                                        \
    COLUMN(eval_plan_peak, Whole, decided, memory, "bytes",                                        \
           "planner: the same with the step of evaluation")                                        \
    COLUMN(arena_peak, Whole, measured, memory, "bytes",                                           \
           "weights, their gradients, optimizer, what was kept of a frozen bottom in memory, and " \
           "the step's memory up to the highest byte really written")                              \
    COLUMN(rss_start, Whole, measured, memory, "bytes",                                            \
           "resident memory (VmRSS) before the checkpoint is loaded")                              \
    COLUMN(rss_peak, Whole, measured, memory, "bytes",                                             \
           "highest resident memory of loading, training and evaluation (VmHWM); pages of mapped " \
           "files count, be they shared with other processes: frozen weights, and what is kept "   \
           "of a frozen bottom in a file")                                                         \
    COLUMN(rss_train_peak, Whole, measured, memory, "bytes",                                       \
           "VmHWM of training, reset before it where the kernel allows")                           \
    COLUMN(rss_eval_peak, Whole, measured, memory, "bytes",                                        \
           "VmHWM of evaluation, likewise; what only training needs was given back before")        \
    COLUMN(rss_anon_sampled, Whole, measured, memory, "bytes",                                     \
           "largest RssAnon at the end of loading, training or evaluation: memory of its own")     \
    COLUMN(rss_file_sampled, Whole, measured, memory, "bytes",                                     \
           "largest RssFile then: mapped files, as in rss_peak")                                   \
    COLUMN(predicted_peak, Whole, measured, memory, "bytes",                                       \
           "rss_peak less rss_start as predicted before the first step: what reading and planning " \
           "left and the larger of plan_peak, with what is kept of a frozen bottom in a file, "    \
           "and eval_plan_peak, or their own peak if it is more")                                  \
    /* time */                                                                                     \
    COLUMN(wall_s, Real, measured, time, "seconds",                                                \
           "monotonic clock, from start to the last evaluation; the speed probes and the "         \
           "writing of the row's files left out. Less than its phases add up to where another "    \
           "run's file was found: then these are what the run costs alone")                        \
    COLUMN(cpu_s, Real, measured, time, "seconds",                                                 \
           "processor time of all threads over the span of wall_s, of this run alone")             \
    COLUMN(load_s, Real, measured, time, "seconds",                                                \
           "reading and hashing model and task, describing and planning the graphs, first "        \
           "values of parameters")                                                                 \
    COLUMN(tokenize_s, Real, measured, time, "seconds", "turning texts into tokens")               \
    COLUMN(feature_s, Real, measured, time, "seconds",                                             \
           "computing what a frozen bottom gives each training row, where it is kept; features "   \
           "and fitting on them. Rows found in a file of --cache-folder count the seconds that "   \
           "the run which wrote it took for them")                                                 \
    COLUMN(train_s, Real, measured, time, "seconds", "the training loop without evaluations")      \
    COLUMN(forward_s, Real, measured, time, "seconds", "forward passes of training")               \
    COLUMN(backward_s, Real, measured, time, "seconds",                                            \
           "backward passes of training, what is computed again for them included (in a profile "  \
           "its pass is `again`)")                                                                 \
    COLUMN(optimizer_s, Real, measured, time, "seconds",                                           \
           "updates of parameters, clipping included")                                             \
    COLUMN(eval_s, Real, measured, time, "seconds",                                                \
           "all evaluations, those of the held-out texts included")                                \
    COLUMN(cache_saved_s, Real, measured, time, "seconds",                                         \
           "estimated time that keeping what a frozen bottom gives saved: its seconds a token "    \
           "times the tokens of all steps (of a fit on features: once), less what this run spent " \
           "on having it, be it computed, found or written")                                       \
    COLUMN(infer_b1_ms, Real, measured, time, "ms",                                                \
           "median time of one example, merged where the method merges")                           \
    COLUMN(infer_b32_ms, Real, measured, time, "ms",                                               \
           "median time of a batch of 32 examples, likewise")                                      \
    COLUMN(tokens, Whole, result, time, "tokens",                                                  \
           "tokens that training read, special tokens counted")                                    \
    COLUMN(tokens_per_s, Real, measured, time, "tokens/s",                                         \
           "tokens of a training step over its time: median, of more than 10 steps without the "   \
           "first 5; where a frozen bottom was kept, a step is what lies above it")                \
    COLUMN(flops, Real, result, time, "operations",                                                \
           "floating-point operations of training's products, from the graph, where it went to "   \
           "its end; a multiply-add is 2; a frozen bottom that is kept counts once, be it found "  \
           "in a file; what is computed again twice")                                              \
    COLUMN(gflops_per_s, Real, measured, time, "GFLOP/s",                                          \
           "flops / train_s; where a frozen bottom was kept / (feature_s + train_s); of a fit, / the " \
           "seconds of the pass that its vectors are from")                                        \
    COLUMN(probe_gflops, Real, measured, time, "GFLOP/s",                                          \
           "products of up to 50 ms before training and after the last evaluation: the machine's " \
           "speed during this run")                                                                \
    COLUMN(jobs, Whole, machine, time, "runs", "runs at a time in this sweep")                     \
    COLUMN(load_start, Real, measured, time, "", "load average over one minute at the start")      \
    /* machine */                                                                                  \
    COLUMN(cpu, Text, machine, machine, "", "model name of the processor")                         \
    COLUMN(cores, Whole, measured, machine, "cores", "cores that are online")                      \
    COLUMN(threads, Whole, machine, machine, "threads", "threads of the run")                      \
    COLUMN(blas, Text, machine, machine, "",                                                       \
           "library that computed the products, with its version")                                 \
    COLUMN(blas_core, Text, machine, machine, "", "kernels that it chose for this processor")      \
    COLUMN(backend, Text, machine, machine, "", "where products were computed")                    \
    COLUMN(compiler, Text, machine, machine, "", "compiler and version")                           \
    COLUMN(flags, Text, machine, machine, "", "its flags")                                         \
    COLUMN(model_sha, Text, line, machine, "",                                                     \
           "SHA-256 of those of model.safetensors and config.json")                                \
    COLUMN(vocab_sha, Text, line, machine, "",                                                     \
           "SHA-256 of those of vocab.txt and tokenizer_config.json")                              \
    COLUMN(data_sha, Text, fold, machine, "",                                                      \
           "SHA-256 of those of the splits' rows; labels of dev and test are not in it")           \
    COLUMN(spec_sha, Text, measured, machine, "",                                                  \
           "SHA-256 of the spec's file, as the sweep that the run is of had it")
// clang-format on
#endif
