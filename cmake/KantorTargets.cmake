# The kinds of target there are: kt_library, kt_service, kt_processes, kt_test here; kt_proto in proto/.

# kt_library(NAME SOURCES a.c ... HEADERS include/kt/a.h ... [DEPS lib ...] [PRIVATE_DEPS lib ...])
# A static library of common/; its public headers are <kt/...>.
function(kt_library name)
    cmake_parse_arguments(A "" "" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS" ${ARGN})
    add_library(${name} STATIC ${A_SOURCES})
    target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${A_HEADERS})
    target_include_directories(${name} PRIVATE src)
    target_link_libraries(${name} PUBLIC ${A_DEPS} PRIVATE $<BUILD_INTERFACE:kt_flags> ${A_PRIVATE_DEPS})
    set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# kt_service(NAME SOURCES a.c ... DEPS lib ...)
# An executable of services/, with everything but main.c in a library of its own, so tests link it; and what programs have
# and libraries must not: their getpid, and what they know of eventfds.
function(kt_service name)
    cmake_parse_arguments(A "" "" "SOURCES;DEPS" ${ARGN})
    add_library(${name}_parts STATIC ${A_SOURCES})
    target_include_directories(${name}_parts PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name}_parts PUBLIC ${A_DEPS} PRIVATE kt_flags)
    set(program ${PROJECT_SOURCE_DIR}/common/net/program)
    add_executable(${name} main.c ${program}/pid.c)
    # the thread sanitizer knows by their caller what libzmq, which it cannot see into, does to its descriptors (tests/tsan.supp)
    if(NOT KANTOR_SANITIZE STREQUAL "thread")
        target_sources(${name} PRIVATE ${program}/bells.c)
    endif()
    target_link_libraries(${name} PRIVATE ${name}_parts kt_flags)
    target_link_options(${name} PRIVATE ${KT_WHOLE})
    # kantor-finance is the component "finance", kantor itself "cli" (KantorPackages.cmake)
    string(REGEX REPLACE "^kantor-" "" component ${name})
    string(REGEX REPLACE "^kantor$" "cli" component ${component})
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${component})
endfunction()

# kt_processes(SERVICE FUNCTION LIBRARY): FUNCTION of LIBRARY gives the service's processes, and the service does not
# build unless their tables keep the rules (kt_process_wrong).
function(kt_processes service function library)
    add_executable(${service}-processes-lint ${PROJECT_SOURCE_DIR}/common/process/src/lint_main.c)
    target_compile_definitions(${service}-processes-lint PRIVATE KT_PROCESSES=${function})
    target_link_libraries(${service}-processes-lint PRIVATE ${library} kt_process kt_flags)
    set(stamp ${CMAKE_CURRENT_BINARY_DIR}/${service}-processes.linted)
    add_custom_command(OUTPUT ${stamp}
        COMMAND ${service}-processes-lint
        COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
        DEPENDS ${service}-processes-lint COMMENT "process tables of ${service}" VERBATIM)
    add_custom_target(${service}-processes-linted ALL DEPENDS ${stamp})
    add_dependencies(${service} ${service}-processes-linted)
endfunction()

# kt_test(PATH LABEL label [SOURCES a.c ...] [DEPS lib ...] [TIMEOUT s] [ARGS ...])
# PATH is the test's path without .c, from where it is called. Its name is its path below tests/, which is also
# its target's with '_' for '/': "unit/base/map_test" and unit_base_map_test.
function(kt_test path)
    cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SOURCES;DEPS;ARGS" ${ARGN})
    if(NOT A_TIMEOUT)
        set(A_TIMEOUT 30)
    endif()
    if(KANTOR_SANITIZE) # a sanitizer makes a program up to some tens of times slower
        math(EXPR A_TIMEOUT "${A_TIMEOUT} * 10")
    endif()
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR}/${path})
    string(REPLACE "/" "_" target ${name})
    add_executable(${target} ${path}.c ${A_SOURCES})
    target_link_libraries(${target} PRIVATE ${A_DEPS} kt_flags kt_testing)
    target_link_options(${target} PRIVATE ${KT_IN_PARTS})
    add_test(NAME ${name} COMMAND ${target} ${A_ARGS})
    set_tests_properties(${name} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT})
endfunction()
