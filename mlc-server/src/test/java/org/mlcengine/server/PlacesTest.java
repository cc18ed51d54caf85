package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mlcengine.errors.QueueFullException;

class PlacesTest {
  @Test
  void asManyAreLetInAsRunAndWait() {
    Places places = new Places(2, 3);
    for (int i = 0; i < 5; i++) {
      places.take(1);
    }
    assertThat(places.running()).isEqualTo(2);
    assertThat(places.waiting()).isEqualTo(3);
    assertThatThrownBy(() -> places.take(1))
        .isInstanceOf(QueueFullException.class)
        .hasMessageContaining("3");

    places.giveBack(4);
    assertThat(places.running()).isEqualTo(1);
    assertThat(places.waiting()).isZero();
    places.take(1);
  }

  @Test
  void aRequestOfManySequencesIsLetInWhereOneWouldBe() {
    Places places = new Places(1, 0);
    places.take(8);
    assertThat(places.waiting()).isEqualTo(7);
    assertThatThrownBy(() -> places.take(1)).isInstanceOf(QueueFullException.class);
    places.giveBack(8);
    places.take(1);
  }
}
