# One CMake target a module, explicit sources, no global flags.

add_library(turbodiff_options INTERFACE)
target_compile_features(turbodiff_options INTERFACE cxx_std_20)
target_compile_options(turbodiff_options INTERFACE -Wall -Wextra -Wshadow -Wno-unused-parameter $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                       $<$<BOOL:${TURBODIFF_WERROR}>:-Werror>)
if(TURBODIFF_SANITIZE)
  target_compile_options(turbodiff_options INTERFACE -fsanitize=${TURBODIFF_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(turbodiff_options INTERFACE -fsanitize=${TURBODIFF_SANITIZE})
endif()
if(TURBODIFF_FUZZ)
  target_compile_options(turbodiff_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                         -fno-sanitize-recover=all)
  target_link_options(turbodiff_options INTERFACE -fsanitize=address,undefined)
endif()

# turbodiff_module(NAME [TORCH | PCH cli] SOURCES a.cpp... [DEPS public...] [PRIVATE_DEPS private...])
# Static library turbodiff_NAME, alias turbodiff::NAME, headers found as "NAME/header.h".
function(turbodiff_module NAME)
  cmake_parse_arguments(ARG "TORCH" "PCH" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(turbodiff_${NAME} STATIC ${ARG_SOURCES})
  add_library(turbodiff::${NAME} ALIAS turbodiff_${NAME})
  target_include_directories(turbodiff_${NAME} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(turbodiff_${NAME} PUBLIC ${ARG_DEPS} PRIVATE turbodiff_options ${ARG_PRIVATE_DEPS})
  if(ARG_TORCH)
    turbodiff_use_torch(turbodiff_${NAME})
  else()
    if(NOT ARG_PCH)
      set(ARG_PCH plain)
    endif()
    turbodiff_use_pch(turbodiff_${NAME} ${ARG_PCH})
  endif()
endfunction()

# turbodiff_use_pch(TARGET plain|cli): what nearly every file without torch includes is compiled once; for programs
# with CLI11, which takes longest of all.
function(turbodiff_use_pch TARGET KIND)
  if(NOT TURBODIFF_FUZZ)
    target_precompile_headers(${TARGET} REUSE_FROM turbodiff_${KIND}_pch)
  endif()
endfunction()
if(NOT TURBODIFF_FUZZ)
  set(_plain <fmt/format.h> <nlohmann/json.hpp> <algorithm> <chrono> <filesystem> <functional> <map> <memory> <optional> <string> <vector>)
  foreach(_kind plain cli)
    file(WRITE ${PROJECT_BINARY_DIR}/${_kind}_pch.cpp "")
    add_library(turbodiff_${_kind}_pch OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/${_kind}_pch.cpp)
    target_link_libraries(turbodiff_${_kind}_pch PRIVATE turbodiff_options fmt::fmt-header-only nlohmann_json::nlohmann_json)
  endforeach()
  target_link_libraries(turbodiff_cli_pch PRIVATE CLI11::CLI11)
  target_precompile_headers(turbodiff_plain_pch PRIVATE ${_plain})
  target_precompile_headers(turbodiff_cli_pch PRIVATE <CLI/CLI.hpp> ${_plain})
endif()

# Tests are compiled without optimisation: they wait for programs and files, and the compiler is most of a build.
function(turbodiff_test_settings TARGET)
  target_include_directories(${TARGET} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(${TARGET} PRIVATE doctest::doctest fmt::fmt-header-only nlohmann_json::nlohmann_json
                        turbodiff_options)
  target_compile_definitions(${TARGET} PRIVATE TURBODIFF_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             TURBODIFF_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

# turbodiff_test(MODULE [TORCH] SOURCES a_test.cpp... [DEPS ...])
# One doctest program a module: MODULE_test, registered with ctest under that name.
function(turbodiff_test NAME)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME}_test ${ARG_SOURCES})
  turbodiff_test_settings(${NAME}_test)
  if(TARGET turbodiff::${NAME})
    target_link_libraries(${NAME}_test PRIVATE turbodiff::${NAME})
  endif()
  target_link_libraries(${NAME}_test PRIVATE turbodiff_test_main ${ARG_DEPS})
  if(ARG_TORCH)
    turbodiff_use_torch(${NAME}_test)
    target_compile_definitions(${NAME}_test PRIVATE TURBODIFF_TEST_TORCH)
  elseif(NOT TURBODIFF_FUZZ)
    target_compile_options(${NAME}_test PRIVATE -O0)
    target_precompile_headers(${NAME}_test REUSE_FROM turbodiff_test_pch)
  endif()
  set_target_properties(${NAME}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test-bin)
  add_test(NAME ${NAME} COMMAND ${NAME}_test)
endfunction()

# turbodiff_fuzz(NAME SOURCE DEPS...): a libFuzzer target with clang (TURBODIFF_FUZZ=ON); otherwise a program
# that replays the kept corpus tests/fuzz/corpus/NAME, registered with ctest.
function(turbodiff_fuzz NAME SOURCE)
  add_executable(${NAME}_fuzz ${SOURCE})
  target_include_directories(${NAME}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${NAME}_fuzz PRIVATE ${ARGN} turbodiff_options)
  set_target_properties(${NAME}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test-bin)
  if(TURBODIFF_FUZZ)
    target_compile_options(${NAME}_fuzz PRIVATE -fsanitize=fuzzer)
    target_link_options(${NAME}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${NAME}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    add_test(NAME ${NAME}_fuzz_corpus COMMAND ${NAME}_fuzz ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${NAME})
  endif()
endfunction()
