package org.mlcengine.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WorkerThreadsTest {
  @Test
  void readsTheKernelsLists() {
    assertThat(WorkerThreads.parse("\t0-1\n")).containsExactly(0, 1);
    assertThat(WorkerThreads.parse("3")).containsExactly(3);
    assertThat(WorkerThreads.parse("0-2,8,10-11")).containsExactly(0, 1, 2, 8, 10, 11);
  }

  @Test
  void aThreadGetsThePoolItAsksFor() throws InterruptedException {
    NativeHost.load(null);
    int[] used = new int[3];
    for (int i = 0; i < used.length; i++) {
      int index = i;
      Thread thread = new Thread(() -> used[index] = WorkerThreads.use(index + 1));
      thread.start();
      thread.join();
    }
    assertThat(used).containsExactly(1, 2, 3);
  }
}
