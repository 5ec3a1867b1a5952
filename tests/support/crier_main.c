/* A crier as a program. usage: crier north|south --config FILE */
#include "crier.h"

#include <string.h>

int
main(int argc, char **argv)
{
    const kt_service_t *service = argc > 1 && strcmp(argv[1], "south") == 0 ? crier_south()
                                                                            : crier_north();

    return kt_service_main(argc - 1, argv + 1, service);
}
