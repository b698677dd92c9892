// agenda_impl.h: what agenda.c (which runs there are), agenda_rows.c (what has become of them) and
// agenda_next.c (what is left) share.
#ifndef SWEEP_AGENDA_IMPL_H
#define SWEEP_AGENDA_IMPL_H
#include "sweep/agenda.h"

enum { MOST_ATTEMPTS = 2 };

Job *agenda_find(const Agenda *agenda, const char *key); // NULL: no run that is known has it

// Gives a run that has become known its row, and the reason why it is pending.
void agenda_attach(Agenda *agenda, Job *job);

// Has the row of a finished run say how its rate was found, as `decided` does; agenda_amend writes
// it.
void agenda_note_search(Agenda *agenda, Job *job);
#endif
