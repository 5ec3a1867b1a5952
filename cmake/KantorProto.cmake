# kt_proto: contracts to C. All generated code lies in the build tree, under one root of includes.

set(KT_PROTO_DIR ${CMAKE_SOURCE_DIR}/proto)
set(KT_PROTO_OUT ${CMAKE_BINARY_DIR}/generated)
# Where Debian's libprotoc-dev puts google/protobuf/*.proto.
find_path(KT_PROTO_SYSTEM_DIR google/protobuf/compiler/plugin.proto REQUIRED)

# A static library of what protoc-gen-c makes of FILES, which lie under DIR. PATHS are the files that these may import, in full: a
# change in one changes what is made, down to the names of an enum's default.
function(kt_proto_pb name dir)
    cmake_parse_arguments(A "" "" "FILES;DEPS;PATHS" ${ARGN})
    set(sources)
    foreach(file IN LISTS A_FILES)
        string(REGEX REPLACE "\\.proto$" "" stem ${file})
        set(made ${KT_PROTO_OUT}/${stem}.pb-c.c ${KT_PROTO_OUT}/${stem}.pb-c.h)
        add_custom_command(OUTPUT ${made}
            COMMAND ${PROTOC} --plugin=protoc-gen-c=${PROTOC_C} --c_out=${KT_PROTO_OUT}
                    -I ${dir} -I ${KT_PROTO_DIR} -I ${KT_PROTO_SYSTEM_DIR} ${file}
            DEPENDS ${dir}/${file} ${A_PATHS} COMMENT "protoc-gen-c ${file}" VERBATIM)
        list(APPEND sources ${made})
    endforeach()
    add_library(${name} STATIC ${sources})
    # protobuf-c's output is not ours to clean: no warnings, but all sanitizers.
    target_compile_options(${name} PRIVATE -w)
    target_include_directories(${name} SYSTEM PUBLIC ${KT_PROTO_OUT})
    target_link_libraries(${name} PUBLIC ${A_DEPS} PkgConfig::PROTOBUF_C PRIVATE kt_flags)
endfunction()

# kt_proto(NAME SET set FILES a.proto ... [DEPS kt_proto_x ...] [ROOT dir])
# FILES lie under ROOT (proto/ unless said) and go through protoc in one run. Makes three libraries:
#   NAME_pb      messages (<a.pb-c.h>)
#   NAME         and short names, method tables, bindings (<a.kt.h>), the set (<kantor/sets/SET.kt.h>)
#   NAME_client  and typed client stubs (<a.client.kt.h>)
function(kt_proto name)
    cmake_parse_arguments(A "" "SET;ROOT" "FILES;DEPS" ${ARGN})
    if(NOT A_ROOT)
        set(A_ROOT ${KT_PROTO_DIR})
    endif()
    set(sources)
    set(client_sources)
    set(paths)
    foreach(file IN LISTS A_FILES)
        string(REGEX REPLACE "\\.proto$" "" stem ${KT_PROTO_OUT}/${file})
        list(APPEND sources ${stem}.kt.c ${stem}.kt.h)
        list(APPEND client_sources ${stem}.client.kt.c ${stem}.client.kt.h)
        list(APPEND paths ${A_ROOT}/${file})
    endforeach()
    list(APPEND sources ${KT_PROTO_OUT}/kantor/sets/${A_SET}.kt.c ${KT_PROTO_OUT}/kantor/sets/${A_SET}.kt.h)
    # A change in a file that these import must run the plugin again: the sets embed what they import.
    set(all_paths ${paths})
    foreach(dep IN LISTS A_DEPS)
        get_target_property(dep_paths ${dep} KT_PROTO_PATHS)
        list(APPEND all_paths ${dep_paths})
    endforeach()
    list(REMOVE_DUPLICATES all_paths)

    list(TRANSFORM A_DEPS APPEND _pb OUTPUT_VARIABLE pb_deps)
    kt_proto_pb(${name}_pb ${A_ROOT} FILES ${A_FILES} DEPS ${pb_deps} kt_proto_google PATHS ${all_paths})

    add_custom_command(OUTPUT ${sources} ${client_sources}
        COMMAND ${PROTOC} --plugin=protoc-gen-kantor=$<TARGET_FILE:protoc-gen-kantor>
                --kantor_out=set=${A_SET}:${KT_PROTO_OUT}
                -I ${A_ROOT} -I ${KT_PROTO_DIR} -I ${KT_PROTO_SYSTEM_DIR} ${A_FILES}
        DEPENDS ${all_paths} protoc-gen-kantor COMMENT "protoc-gen-kantor ${name}" VERBATIM)
    add_custom_target(${name}_generated DEPENDS ${sources} ${client_sources})

    add_library(${name} STATIC ${sources})
    set_target_properties(${name} PROPERTIES KT_PROTO_PATHS "${all_paths}")
    target_include_directories(${name} PUBLIC ${KT_PROTO_OUT})
    target_link_libraries(${name} PUBLIC ${name}_pb ${A_DEPS} kt_method PRIVATE kt_flags)
    add_dependencies(${name} ${name}_generated)

    add_library(${name}_client STATIC ${client_sources})
    target_link_libraries(${name}_client PUBLIC ${name} kt_client PRIVATE kt_flags)
    add_dependencies(${name}_client ${name}_generated)
endfunction()
