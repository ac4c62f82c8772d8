// SPDX-License-Identifier: Apache-2.0
#include "support/digest.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/fd.hpp"

namespace {

using sonde::support::sha256;
using sonde::support::sha256_of_file;
using sonde::support::unique_fd;

// Test vectors of FIPS 180-4.
constexpr const char* of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, matches_published_vectors) {
    EXPECT_EQ(sha256("").value(), of_nothing);
    EXPECT_EQ(sha256("abc").value(), of_abc);
}

TEST(Digest, of_a_file_ignores_and_keeps_the_offset) {
    const unique_fd fd(::memfd_create("digest", MFD_CLOEXEC));
    ASSERT_TRUE(fd);
    ASSERT_EQ(::write(fd.value(), "abc", 3), 3);
    EXPECT_EQ(sha256_of_file(fd.value()).value(), of_abc);
    EXPECT_EQ(::lseek(fd.value(), 0, SEEK_CUR), 3);
}

TEST(Digest, of_a_large_file_equals_that_of_its_bytes) {
    const std::string bytes(300'001, 'q');
    const unique_fd fd(::memfd_create("digest", MFD_CLOEXEC));
    ASSERT_EQ(::write(fd.value(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(sha256_of_file(fd.value()).value(), sha256(bytes).value());
}

TEST(Digest, of_a_bad_descriptor_is_an_error) { EXPECT_FALSE(sha256_of_file(-1)); }

}  // namespace
