package org.mlcengine.runtime;

import java.util.concurrent.Executor;

/**
 * Runs a task of a load on a daemon thread of its own, since the common pool of a small machine may
 * be busy.
 *
 * @param name what the load's threads of this kind are called
 */
public record LoadThread(String name) implements Executor {
  @Override
  public void execute(Runnable task) {
    Thread.ofPlatform().name(name).daemon().start(task);
  }
}
