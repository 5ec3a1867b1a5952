# What `cmake --install` leaves for programs that call Kantor: libkantor.a, its headers below include/kantor-1, and
# kantor.pc. The archive holds the client, all it stands on, and the contracts with their typed stubs.

set(KT_INSTALL_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR}/kantor-${PROJECT_VERSION_MAJOR})
set(KT_CONTRACTS kt_proto_rpc kt_proto_shared kt_proto_echo kt_proto_broker kt_proto_finance)

set(parts kt_base kt_wire kt_frame kt_net kt_rpc kt_client kt_proto_google)
foreach(contract IN LISTS KT_CONTRACTS)
    list(APPEND parts ${contract} ${contract}_pb ${contract}_client)
endforeach()
set(objects)
foreach(part IN LISTS parts)
    list(APPEND objects $<TARGET_OBJECTS:${part}>)
endforeach()
add_library(kantor_archive STATIC ${objects})
set_target_properties(kantor_archive PROPERTIES OUTPUT_NAME kantor LINKER_LANGUAGE C)
install(TARGETS kantor_archive ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)

# The headers that client.h stands on, and no others.
install(FILES
    common/base/include/kt/def.h common/base/include/kt/status.h common/base/include/kt/span.h
    common/base/include/kt/arena.h common/base/include/kt/trace.h common/base/include/kt/time.h common/base/include/kt/ulid.h
    common/wire/include/kt/wire.h common/net/include/kt/frame.h common/net/include/kt/net.h
    common/codegen/include/kt/method.h common/client/include/kt/client.h
    DESTINATION ${KT_INSTALL_INCLUDE}/kt COMPONENT dev)
install(DIRECTORY ${KT_PROTO_OUT}/kantor ${KT_PROTO_OUT}/google ${KT_PROTO_OUT}/grpc
    DESTINATION ${KT_INSTALL_INCLUDE} COMPONENT dev
    FILES_MATCHING PATTERN "*.pb-c.h" PATTERN "*.kt.h"
    PATTERN testing EXCLUDE PATTERN compiler EXCLUDE PATTERN sets EXCLUDE)

# The tree may be moved: kantor.pc finds its prefix from where it lies.
file(RELATIVE_PATH KT_UP_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/kantor.pc.in ${CMAKE_BINARY_DIR}/kantor.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/kantor.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
