/* version.h: which broker this is. */
#ifndef BROKER_VERSION_H
#define BROKER_VERSION_H

#ifndef KANTOR_VERSION
#define KANTOR_VERSION                                                                             \
    "unknown" /* the build gives it; this is for tools that read a file alone                      \
               */
#endif
#define BROKER_VERSION KANTOR_VERSION

#endif
