"""A checkpoint of Lightning as its trainer writes it: callbacks, loops, optimisers, schedulers, hyper-parameters, a data module."""

import random
import tempfile
from pathlib import Path

import lightning
import torch
from common import noise, save
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import nn


class Data(lightning.LightningDataModule):
    """A few fixed examples."""

    def __init__(self, size=4):
        super().__init__()
        self.save_hyperparameters()

    def train_dataloader(self):
        examples = torch.utils.data.TensorDataset(torch.from_numpy(noise("x", 8, 3)), torch.from_numpy(noise("y", 8, 2)))
        return torch.utils.data.DataLoader(examples, batch_size=self.hparams.size)

    val_dataloader = train_dataloader

    def state_dict(self):
        return {"seen": 8}


class Net(lightning.LightningModule):
    """Two layers and a loss with a weight."""

    def __init__(self, width=4, rate=0.01, betas=(0.9, 0.95), names=None):
        super().__init__()
        self.save_hyperparameters()
        self.body = nn.Sequential(nn.Linear(3, width), nn.LayerNorm(width), nn.Tanh())
        self.head = nn.Linear(width, 2)
        self.loss = nn.MSELoss()

    def forward(self, x):
        return self.head(self.body(x))

    def training_step(self, batch, _):
        loss = self.loss(self(batch[0]), batch[1])
        self.log("loss", loss, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        self.log("val_loss", self.loss(self(batch[0]), batch[1]))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.rate, betas=self.hparams.betas)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 2)}


def main():
    # Versions of attributes come from it.
    random.seed(0)
    lightning.seed_everything(0, verbose=False)
    model = Net(names=["first", "second"])
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(torch.from_numpy(noise(name, *tensor.shape)))
    with tempfile.TemporaryDirectory() as folder:
        # Callbacks keep the folder.
        kept = ModelCheckpoint(dirpath="runs", monitor="val_loss", filename="best", save_on_train_epoch_end=False)
        kept._save_checkpoint = lambda trainer, path: None
        callbacks = [kept, EarlyStopping("val_loss")]
        trainer = lightning.Trainer(
            max_epochs=2, callbacks=callbacks, logger=False, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False,
            default_root_dir=folder, num_sanity_val_steps=0, log_every_n_steps=1,
        )  # fmt: skip
        trainer.fit(model, datamodule=Data())
        kept.dirpath = "runs"
        for state in ("best_model_path", "kth_best_model_path", "last_model_path"):
            setattr(kept, state, "runs/best.ckpt" if getattr(kept, state) else "")
        kept.best_k_models = {"runs/best.ckpt": value for value in kept.best_k_models.values()}
        path = Path(folder) / "last.ckpt"
        trainer.save_checkpoint(path)
        save("pytorch/trained.ckpt", path.read_bytes())


if __name__ == "__main__":
    main()
