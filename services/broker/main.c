/* kantor-broker: between callers and departments. See README.md. */
#include "shell/broker.h"

int
main(int argc, char **argv)
{
    return broker_main(argc, argv);
}
