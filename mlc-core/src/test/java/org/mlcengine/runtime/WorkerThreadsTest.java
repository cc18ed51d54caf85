package org.mlcengine.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mlcengine.bindings.TvmException;
import org.mlcengine.model.LibraryKernels;
import org.mlcengine.natives.CpuKernels;

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

  @Test
  void nativeKernelsTakeTheirOwnThreadsAndNoOthers() throws InterruptedException {
    NativeHost.load(null);
    int[] used = new int[1];
    Thread thread =
        new Thread(
            () -> used[0] = WorkerThreads.use(2, Optional.of(new LibraryKernels("native", 2))));
    thread.start();
    thread.join();
    assertThat(used).containsExactly(2);
    assertThatThrownBy(() -> CpuKernels.useThreads(0))
        .isInstanceOf(TvmException.class)
        .hasMessageContaining("mlc.cpu.use_threads, argument 0: must be a number of threads");
  }
}
