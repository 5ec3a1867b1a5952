/* kantor: the command line of a Kantor office. */
#include "cli.h"

int
main(int argc, char *argv[])
{
    return cli_main(argc, argv, stdout, stderr);
}
