# One interface target carries the standard, the warnings and the sanitizers of every target of ours.

set(KANTOR_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize takes them: address,undefined or thread")
option(KANTOR_FUZZ "build the fuzz targets with libFuzzer (clang only)" OFF)
option(KANTOR_COVERAGE "instrument for gcov" OFF)

add_library(kt_flags INTERFACE)
target_compile_features(kt_flags INTERFACE c_std_17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_compile_definitions(kt_flags INTERFACE _GNU_SOURCE)
target_compile_options(kt_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wformat=2 -Wswitch-enum -Wnull-dereference -Werror
    -Wno-format-zero-length # an event may have no fields: kt_log(level, event, "")
    -fno-omit-frame-pointer)
# What is installed and measured is optimised as a whole (KT_WHOLE, for kt_service). Objects hold machine code as well, for
# whoever links libkantor.a, and for the tests: to optimise each of them as a whole takes ten times as long.
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(kt_flags INTERFACE -flto=auto -ffat-lto-objects)
    set(KT_WHOLE -flto=auto)
    set(KT_IN_PARTS -fno-lto)
    # Else GCC copies and clears what is small and of unknown size by `rep movs` and `rep stos`, which take 30 cycles to begin.
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        target_compile_options(kt_flags INTERFACE
            -mmemcpy-strategy=libcall:-1:noalign -mmemset-strategy=libcall:-1:noalign)
    endif()
endif()
if(KANTOR_SANITIZE)
    # The sanitizers' own inserted paths make -Wnull-dereference report what cannot happen.
    target_compile_options(kt_flags INTERFACE
        -fsanitize=${KANTOR_SANITIZE} -fno-sanitize-recover=all -Wno-null-dereference)
    target_link_options(kt_flags INTERFACE -fsanitize=${KANTOR_SANITIZE})
endif()
if(KANTOR_FUZZ)
    target_compile_options(kt_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(KANTOR_COVERAGE)
    target_compile_options(kt_flags INTERFACE --coverage)
    target_link_options(kt_flags INTERFACE --coverage)
endif()

find_program(KT_CCACHE ccache)
if(KT_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${KT_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq>=4.3.4)
pkg_check_modules(CZMQ REQUIRED IMPORTED_TARGET libczmq>=4.2.1)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4.1)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb>=0.9.24)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle>=3.8)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal>=2.30)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_C protoc-gen-c REQUIRED)
