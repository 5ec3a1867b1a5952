/*
 * disk_recorder.h: what a store writes and flushes, in order, and what a disk may hold after a
 * power cut at any of these moments: all that was flushed, and of what came later any pages.
 *
 * The recorder stands in front of the system's pwrite, writev, ftruncate, fsync and fdatasync, for
 * this program and for the libraries in it, so that LMDB's own writes are seen as well.
 */
#ifndef KANTOR_TESTS_DISK_RECORDER_H
#define KANTOR_TESTS_DISK_RECORDER_H

#include <kt/prng.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records what happens to files in FOLDER from here on; what is there already counts as flushed. */
void disk_record(const char *folder);
void disk_stop(void);

/* A moment: how much was recorded. */
size_t disk_now(void);

/* Makes TO (an empty folder) what the disk may hold after a power cut at MOMENT; PRNG chooses which
 * of the later pages made it. Moments may be asked for in any order. */
void disk_image(size_t moment, kt_prng_t *prng, const char *to);
/* Forgets all that was recorded. */
void disk_forget(void);

#endif
