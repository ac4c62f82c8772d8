// SPDX-License-Identifier: Apache-2.0
#include "container/exit_watch.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "samples.hpp"

namespace sonde::container {
namespace {

TEST(ExitWatch, an_end_is_noticed_at_once) {
    auto made = exit_watch::make(4);
    ASSERT_TRUE(made);
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte = 0;
        ::_exit(::read(gate[0], &byte, 1) == 1 ? 9 : 1);
    }
    const auto pid = static_cast<std::uint32_t>(child);
    ASSERT_EQ(made->watch(id_a, pid), exit_watch::outcome::watched);
    bool was_told = false;
    const auto told = [&](const std::string& id, std::uint32_t of, std::optional<std::int32_t> code) {
        was_told = id == id_a && of == pid && (!code || *code == 9);
    };
    made->drain(told);
    EXPECT_FALSE(was_told);
    ASSERT_EQ(::write(gate[1], "x", 1), 1);
    pollfd ready{made->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
    ::waitpid(child, nullptr, 0);  // the kernel gives the code, from 6.15 on, only after this
    made->drain(told);
    EXPECT_TRUE(was_told);
    EXPECT_EQ(made->size(), 0u);
    EXPECT_EQ(made->watch(id_a, pid), exit_watch::outcome::gone);
}

TEST(ExitWatch, it_is_bounded) {
    auto made = exit_watch::make(1);
    ASSERT_TRUE(made);
    const auto self = static_cast<std::uint32_t>(::getpid());
    EXPECT_EQ(made->watch(id_a, self), exit_watch::outcome::watched);
    EXPECT_EQ(made->watch(id_b, self), exit_watch::outcome::full);
    made->unwatch(id_a);
    EXPECT_EQ(made->watch(id_b, self), exit_watch::outcome::watched);
}

}  // namespace
}  // namespace sonde::container
