#include "service.h"

int
main(int argc, char **argv)
{
    return kt_service_main(argc, argv, legal_service());
}
